# Digests of derivations' files: one traced line `@ PATH SHA256` each.
{
  nixpkgs, # the package set's directory
  config ? { }, # its configuration
  names, # a JSON file: the attribute paths whose derivations are made first
  files, # a JSON file: store paths of derivations
}:
let
  inherit (builtins)
    foldl'
    fromJSON
    hashFile
    readFile
    seq
    trace
    ;
  pkgs = import (/. + nixpkgs) {
    inherit config;
    overlays = [ ];
  };
  at = foldl' (set: name: set.${name}) pkgs;
  make = done: path: seq (at path).drvPath done;
  show = done: file: trace "@ ${file} ${hashFile "sha256" file}" done;
in
seq (foldl' make null (fromJSON (readFile (/. + names)))) (
  foldl' show null (fromJSON (readFile (/. + files)))
)
