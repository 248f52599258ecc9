# A file needs an expression.
# Nothing but comments here.
