# The library behind `pkgs.lib` when no nixpkgs is at hand: the functions experiment labs use, by
# the names and with the results of nixpkgs' library (the module system and its types are left out).
#
# Every family is a file that takes the record of all families and picks what it needs, so mutual
# uses are plain names and nothing is evaluated before it is asked for.
let
  families = {
    trivial = import ./trivial.nix families;
    fixedPoints = import ./fixed-points.nix families;
    lists = import ./lists.nix families;
    attrsets = import ./attrsets.nix families;
    strings = import ./strings.nix families;
    versions = import ./versions.nix families;
    asserts = import ./asserts.nix families;
    debug = import ./debug.nix families;
    generators = import ./generators.nix families;
    cli = import ./cli.nix families;
    customisation = import ./customisation.nix families;
    derivations = import ./derivations.nix families;
    filesystem = import ./filesystem.nix families;
    sources = import ./sources.nix families;
    meta = import ./meta.nix families;
    path = import ./path.nix families;
  };

  # Families whose members are also found directly in `lib`. Left out: those with names that would
  # hide or confuse others there (`versions.patch`, `path.append`, the many of `generators`).
  # `strings` precedes `lists` because both have `replicate` and `removePrefix`, of which `lib` shows one.
  flat =
    families.trivial
    // families.fixedPoints
    // families.attrsets
    // removeAttrs families.lists [
      "removePrefix"
      "hasPrefix"
      "commonPrefix"
    ]
    // removeAttrs families.strings [
      "replicate"
      "commonPrefixLength"
      "commonSuffixLength"
    ]
    // families.asserts
    // families.debug
    // families.customisation
    // families.derivations
    // families.filesystem
    // families.sources
    // families.meta
    // {
      inherit (families.versions) splitVersion;
      inherit (families.generators) mkLuaInline;
    };
in
flat
// families
// {
  inherit (families.meta) licenses platforms maintainers;

  # The same builtins that nixpkgs re-exports at the top.
  inherit (builtins)
    baseNameOf
    compareVersions
    dirOf
    fromTOML
    getContext
    hasContext
    hashFile
    hashString
    match
    placeholder
    readDir
    readFile
    split
    toFile
    toString
    toXML
    tryEval
    ;
}
