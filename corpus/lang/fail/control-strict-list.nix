# Printing strictly finds it as well.
[ 1 { a = throw "in a list"; } ]
