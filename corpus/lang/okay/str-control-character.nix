# A control character is text like any other.
builtins.stringLength ""
