# In a list a negative number needs parentheses; `1 (-1)` are two elements.
[ 1 (-1) (2 - 1) ]
