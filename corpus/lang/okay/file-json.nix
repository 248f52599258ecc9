# JSON from a file.
builtins.fromJSON (builtins.readFile ./data/config.json)
