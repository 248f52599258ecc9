# The derivations at some attribute paths: for nix-instantiate, which writes them to its store.
{
  nixpkgs, # the package set's directory
  config ? { }, # its configuration
  names, # a JSON file: attribute paths, each a list of names
}:
let
  inherit (builtins) foldl' fromJSON readFile;
  pkgs = import (/. + nixpkgs) {
    inherit config;
    overlays = [ ];
  };
in
map (foldl' (set: name: set.${name}) pkgs) (fromJSON (readFile (/. + names)))
