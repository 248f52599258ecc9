# The whole path is told of what is defined twice.
{ model.depth = 1; model.depth = 2; }
