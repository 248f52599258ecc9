# Spaces at the end of a text line stay.
''
  a  
  b   ''
