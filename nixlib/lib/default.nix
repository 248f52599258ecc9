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

  # What is found in `lib` itself. Left out are members that would hide another family's function of the same
  # name (`replicate` makes lists there), or that say something only within their family (`release`, `patch`).
  flat =
    removeAttrs families.trivial [
      "codeName"
      "oldestSupportedRelease"
      "release"
      "revisionWithDefault"
      "versionSuffix"
    ]
    // families.fixedPoints
    // families.attrsets
    // removeAttrs families.strings [
      "commonPrefixLength"
      "commonSuffixLength"
      "replicate"
      "storeDir"
    ]
    // removeAttrs families.lists [
      "commonPrefix"
      "hasPrefix"
      "removePrefix"
    ]
    // families.asserts
    // families.debug
    // families.customisation
    // families.derivations
    // families.filesystem
    // removeAttrs families.sources [ "trace" ]
    // families.meta
    // {
      inherit (families.versions) splitVersion;
      inherit (families.generators) mkLuaInline;
      imap = families.lists.imap1;

      # Values marked with a kind in `_type`, the convention of nixpkgs' modules.
      setType = kind: set: set // { _type = kind; };
      isType = kind: value: (value._type or null) == kind;

      # Stands in for a hash that isn't known yet.
      fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      fakeSha256 = families.strings.replicate 64 "0";

      # The same builtins that nixpkgs shows at the top.
      inherit (builtins)
        baseNameOf
        dirOf
        fromTOML
        getContext
        hasContext
        hashFile
        hashString
        placeholder
        readDir
        toFile
        toString
        toXML
        tryEval
        ;
    };

  # A library with more in it, as overlays extend a package set.
  extensible =
    members:
    families.fixedPoints.fix members
    // {
      extend = overlay: extensible (families.fixedPoints.extends overlay members);
    };
in
extensible (_final: flat // families)
