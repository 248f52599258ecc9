# The shape of a package of this machine: that of a derivation, so that lists of packages, string
# interpolation and the library's functions treat it as one. What it really is stands in `_repx_host`.
{ prim, lib, system }:
let
  make =
    {
      pname,
      outPath,
      host,
      meta ? { },
      extra ? { },
    }:
    let
      self = {
        type = "derivation";
        name = pname;
        inherit pname outPath system;
        version = "host";
        outputs = [ "out" ];
        outputName = "out";
        out = self;
        # Programs aren't split into outputs here; every output is the whole.
        bin = self;
        dev = self;
        lib = self;
        man = self;
        passthru = { };
        meta = {
          name = pname;
          available = true;
          broken = false;
        }
        // meta;
        # There is nothing to build differently.
        override = _changes: self;
        overrideAttrs = _changes: self;
        overrideDerivation = _changes: self;
        _repx_host = host;
      }
      // extra;
    in
    self;
in
rec {
  inherit make;

  # The names in a text, whatever blanks are between them.
  words = text: builtins.filter (word: word != "" && builtins.isString word) (builtins.split "[ \n]+" text);

  # Programs found on PATH. The path is the same text on every machine, so job identities are too.
  program =
    name: programs: extra:
    make {
      pname = name;
      outPath = prim.hostPath name;
      meta.mainProgram = builtins.head programs;
      host = {
        kind = "program";
        inherit name programs;
      }
      // extra._repx_host or { };
      extra = removeAttrs extra [ "_repx_host" ];
    };

  # A package nobody told us about. It can be listed, called and overridden, but not run.
  unknown =
    name:
    make {
      pname = name;
      outPath = prim.hostPath name;
      meta.mainProgram = name;
      host = {
        kind = "unknown";
        inherit name;
      };
      # `pkgs.someBuilder { … }` is some package too.
      extra.__functor = self: _argument: self;
    };

  # A library for an interpreter, present or not as the interpreter of the machine has it.
  module =
    language: name:
    make {
      pname = name;
      outPath = prim.hostPath "${language}-${name}";
      host = {
        kind = "module";
        inherit language name;
      };
      # The functions that build libraries give one as well.
      extra.__functor = self: _argument: self;
    };

  # `callPackage` over a set that can be asked what it has. A required argument that is listed nowhere is
  # what `missing` makes of its name, as when the name is selected from the open set.
  callWith =
    missing: scope: f: given:
    let
      function = if lib.isFunction f then f else import f;
      formals = lib.functionArgs function;
      isStranger = name: !formals.${name} && !(scope ? ${name} || given ? ${name});
      strangers = builtins.filter isStranger (builtins.attrNames formals);
    in
    lib.callPackageWith scope function (lib.genAttrs strangers missing // given);
}
