# A pattern that matches nothing at all splits between the bytes.
builtins.split "" "abc"
