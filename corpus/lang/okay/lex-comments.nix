# Both kinds of comments, anywhere.
/* block */ [ 1 # line
  /* multi
     line */ 2 /**/ 3 /* * / ** */ ] # end
