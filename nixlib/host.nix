# The package set for a lab that names none: the programs of this machine, under the names nixpkgs gives
# to what brings them, our own library, and the trivial builders. No path in it depends on the machine,
# so a lab lists the same jobs everywhere.
#
# The set is open: a name it doesn't list is a stand-in that can be listed, but not run. `prim` has
#   hostPath name                                     "/repx-host/<name>", with a context naming the package
#   hostFile { name, text, executable, destination }  a path named by its content
#   hostBuild { name, script, env }                   likewise, for the output of a script
#   openSet { set, missing }                          `set`, answering `missing name` for other names
{
  prim,
  lib,
  system,
}:
let
  package = import ./host/package.nix { inherit prim lib system; };
  languages = import ./host/languages.nix { inherit prim lib package; };
  programs = builtins.mapAttrs (
    name: list: package.program name (package.words list) { }
  ) (import ./host/programs.nix);

  # Sets of packages in nixpkgs of which every member is a stand-in here.
  collections = lib.genAttrs [
    "beamPackages"
    "cudaPackages"
    "dockerTools"
    "emacsPackages"
    "gst_all_1"
    "haskellPackages"
    "linuxPackages"
    "llvmPackages"
    "luaPackages"
    "nodePackages"
    "ocamlPackages"
    "qt6"
    "rocmPackages"
    "rustPlatform"
    "testers"
    "xorg"
  ] (collection: prim.openSet {
    set = { };
    missing = name: package.unknown "${collection}.${name}";
  });

  # What a fetcher would fetch is a stand-in under the name its caller gave it.
  fetchers = lib.genAttrs [
    "fetchFromGitHub"
    "fetchFromGitLab"
    "fetchgit"
    "fetchurl"
    "fetchzip"
  ] (name: arguments: package.unknown (arguments.name or (arguments.pname or name)));

  platform =
    let
      parts = builtins.match "([^-]+)-(.+)" system;
      cpu = builtins.head parts;
      kernel = builtins.elemAt parts 1;
    in
    {
      inherit system;
      config = "${cpu}-unknown-${kernel}";
      isLinux = kernel == "linux";
      isDarwin = kernel == "darwin";
      isUnix = true;
      isWindows = false;
      isx86_64 = cpu == "x86_64";
      isAarch64 = cpu == "aarch64";
      is64bit = builtins.match ".*64.*" cpu != null;
      parsed = {
        cpu.name = cpu;
        kernel.name = kernel;
      };
    };

  stdenvFor = compiler: mkDerivation: {
    inherit mkDerivation system;
    inherit (platform) isLinux isDarwin;
    name = "stdenv-host";
    hostPlatform = platform;
    buildPlatform = platform;
    targetPlatform = platform;
    cc = compiler // {
      cc = compiler;
      isGNU = compiler.pname == "gcc";
      isClang = compiler.pname == "clang";
    };
    shell = "${programs.bash}/bin/bash";
  };

  # `self` is the whole open set, `listed` the same set closed: only that one can be asked what it has.
  base =
    { self, listed }:
    let
      builders = import ./host/builders.nix {
        inherit prim lib package;
        pkgs = self;
      };
      call = package.callWith package.unknown;
    in
    programs
    // languages
    // collections
    // fetchers
    // removeAttrs builders [ "mkDerivation" ]
    // {
      inherit lib system;
      pkgs = self;
      config = { };
      overlays = [ ];
      # There is one machine, so a cross build's other package sets are this one.
      buildPackages = self;
      targetPackages = self;
      pkgsStatic = self;

      stdenv = stdenvFor programs.gcc builders.mkDerivation;
      stdenvNoCC = stdenvFor programs.gcc builders.mkDerivation;
      gccStdenv = stdenvFor programs.gcc builders.mkDerivation;
      clangStdenv = stdenvFor programs.clang builders.mkDerivation;
      runtimeShell = "${programs.bash}/bin/bash";
      runtimeShellPackage = programs.bash;

      callPackage = call listed;
      callPackages = lib.callPackagesWith listed;
      newScope = extra: call (listed // extra);
    };

  extendedBy =
    overlay:
    let
      plain = base { inherit self listed; };
      listed =
        plain
        // overlay self plain
        // {
          extend = next: extendedBy (lib.composeExtensions overlay next);
          appendOverlays = more: extendedBy (lib.composeManyExtensions ([ overlay ] ++ more));
        };
      self = prim.openSet {
        set = listed;
        missing = package.unknown;
      };
    in
    self;
in
extendedBy (_final: _prev: { })
