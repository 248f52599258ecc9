# Of blank lines alone the newlines stay.
[ ''

'' ''
  
    
'' ''
'' ]
