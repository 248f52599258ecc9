# An environment variable that isn't set is the empty string.
builtins.getEnv "REPX_SURELY_NOT_SET"
