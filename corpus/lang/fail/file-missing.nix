# A file that isn't there.
import ./no-such-file.nix
