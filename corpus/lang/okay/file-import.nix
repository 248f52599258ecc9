# import of a file, of a directory's default.nix, of a string.
[ (import ./data/value.nix) (import ./data/dir) (import (./data + "/value.nix")) (import (toString ./data/value.nix)).answer ]
