# Sets that are joined may have no attribute in common.
{ model = { depth = 1; }; model.depth = 2; }
