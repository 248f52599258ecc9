# filterSource is asked with full path and type for everything below.
builtins.filterSource (p: t: t == "regular") ./data/dir
