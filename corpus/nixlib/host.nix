# What the embedded package set and `repx-lib` answer: each `expr` has the same JSON as its `expected`. Nothing
# here depends on the machine or on how a path is hashed; relative paths are read from this directory.
{
  lib,
  pkgs,
  repx-lib,
}:
[
  # packages
  {
    name = "path";
    expr = [ "${pkgs.bash}/bin/bash" "${pkgs.python3}" (toString pkgs.jq) ];
    expected = [ "/repx-host/bash/bin/bash" "/repx-host/python3" "/repx-host/jq" ];
  }
  {
    name = "shape";
    expr = lib.isDerivation pkgs.jq && lib.isDerivation pkgs.jq.out && pkgs.jq.out.outPath == pkgs.jq.outPath && pkgs.jq == pkgs.jq.bin;
    expected = true;
  }
  {
    name = "names";
    expr = [ pkgs.jq.name pkgs.jq.pname pkgs.jq.version (lib.getName pkgs.jq) ];
    expected = [ "jq" "jq" "host" "jq" ];
  }
  {
    name = "record";
    expr = pkgs.jq._repx_host;
    expected = { kind = "program"; name = "jq"; programs = [ "jq" ]; };
  }
  {
    name = "main-program";
    expr = [ (lib.getExe pkgs.ripgrep) (lib.getExe pkgs.gawk) (lib.getExe' pkgs.coreutils "sort") ];
    expected = [ "/repx-host/ripgrep/bin/rg" "/repx-host/gawk/bin/gawk" "/repx-host/coreutils/bin/sort" ];
  }
  {
    name = "context";
    expr = builtins.hasContext "${pkgs.jq}";
    expected = true;
  }
  {
    name = "bin-path";
    expr = lib.makeBinPath [ pkgs.jq pkgs.bash ];
    expected = "/repx-host/jq/bin:/repx-host/bash/bin";
  }
  {
    name = "every-package";
    expr = lib.all (name: !(lib.isDerivation pkgs.${name}) || builtins.isString pkgs.${name}.outPath) (builtins.attrNames pkgs);
    expected = true;
  }
  {
    name = "override";
    expr = [ (pkgs.jq.override { x = 1; }).pname (pkgs.jq.overrideAttrs (old: { y = old.name; })).pname ];
    expected = [ "jq" "jq" ];
  }
  {
    name = "unknown";
    expr = pkgs.frobnicate._repx_host;
    expected = { kind = "unknown"; name = "frobnicate"; };
  }
  {
    name = "unknown-path";
    expr = "${pkgs.frobnicate}/bin/x";
    expected = "/repx-host/frobnicate/bin/x";
  }
  {
    name = "unknown-called";
    expr = (pkgs.buildFrob { a = 1; })._repx_host.name;
    expected = "buildFrob";
  }
  {
    name = "collection";
    expr = pkgs.llvmPackages.clang._repx_host;
    expected = { kind = "unknown"; name = "llvmPackages.clang"; };
  }
  {
    name = "fetcher";
    expr = (pkgs.fetchFromGitHub { owner = "o"; repo = "r"; name = "data"; })._repx_host;
    expected = { kind = "unknown"; name = "data"; };
  }
  {
    name = "itself";
    expr = [ pkgs.pkgs.jq.pname pkgs.pkgsStatic.jq.pname pkgs.lib.trivial.version ];
    expected = [ "jq" "jq" lib.version ];
  }
  # interpreters
  {
    name = "python-env";
    expr = (pkgs.python3.withPackages (ps: with ps; [ numpy pandas ]))._repx_host.packages;
    expected = [ "numpy" "pandas" ];
  }
  {
    name = "python-env-name";
    expr = [ (pkgs.python3.withPackages (ps: [ ])).pname "${pkgs.python3.withPackages (ps: [ ])}" ];
    expected = [ "python3-env" "/repx-host/python3-env" ];
  }
  {
    name = "python-unlisted";
    expr = (pkgs.python3.withPackages (ps: [ ps.no_such_module ]))._repx_host.packages;
    expected = [ "no_such_module" ];
  }
  {
    name = "python-module";
    expr = pkgs.python3Packages.numpy._repx_host;
    expected = { kind = "module"; language = "python"; name = "numpy"; };
  }
  {
    name = "python-call";
    expr = (pkgs.python3Packages.callPackage ({ numpy, odd }: { names = [ numpy.pname odd.pname ]; }) { }).names;
    expected = [ "numpy" "odd" ];
  }
  {
    name = "r-packages";
    expr = (pkgs.rWrapper.override { packages = with pkgs.rPackages; [ ggplot2 dplyr ]; })._repx_host.packages;
    expected = [ "ggplot2" "dplyr" ];
  }
  {
    name = "julia-packages";
    expr = (pkgs.julia.withPackages [ "Plots" ])._repx_host.packages;
    expected = [ "Plots" ];
  }
  {
    name = "perl-packages";
    expr = (pkgs.perl.withPackages (p: [ p.JSON ]))._repx_host.packages;
    expected = [ "JSON" ];
  }
  # calling and extending
  {
    name = "callPackage";
    expr = (pkgs.callPackage ({ jq, lib, pkgs, stdenv, ... }: { names = [ jq.pname pkgs.bash.pname ]; }) { }).names;
    expected = [ "jq" "bash" ];
  }
  {
    name = "callPackage-unknown";
    expr = (pkgs.callPackage ({ frob, opt ? 3 }: { inherit opt; kind = frob._repx_host.kind; }) { }).kind;
    expected = "unknown";
  }
  {
    name = "callPackage-default";
    expr = (pkgs.callPackage ({ frob ? 3 }: { inherit frob; }) { }).frob;
    expected = 3;
  }
  {
    name = "newScope";
    expr = (pkgs.newScope { extra = 1; } ({ extra, jq }: { inherit extra; }) { }).extra;
    expected = 1;
  }
  {
    name = "extend";
    expr = (pkgs.extend (final: prev: { jq = prev.gawk; both = final.jq; })).both.pname;
    expected = "gawk";
  }
  {
    name = "extend-twice";
    expr = ((pkgs.extend (final: prev: { a = 1; })).extend (final: prev: { b = final.a + 1; })).b;
    expected = 2;
  }
  {
    name = "extend-builders";
    expr = builtins.isString "${(pkgs.extend (final: prev: { jq = prev.gawk; })).writeText "a" "b"}";
    expected = true;
  }
  {
    name = "platform";
    expr = pkgs.stdenv.hostPlatform.system == pkgs.system && pkgs.stdenv.isLinux != pkgs.stdenv.isDarwin;
    expected = true;
  }
  # builders
  {
    name = "text";
    expr = let file = pkgs.writeText "a.py" "print()"; in [ file._repx_host.kind file.name (builtins.hasContext "${file}") ];
    expected = [ "text" "a.py" true ];
  }
  {
    name = "text-content";
    expr = "${pkgs.writeText "a" "one"}" == "${pkgs.writeText "a" "one"}" && "${pkgs.writeText "a" "one"}" != "${pkgs.writeText "a" "two"}";
    expected = true;
  }
  {
    name = "text-mode";
    expr = "${pkgs.writeText "a" "one"}" != "${pkgs.writeScript "a" "one"}";
    expected = true;
  }
  {
    name = "text-dir";
    expr = (pkgs.writeTextDir "share/x.txt" "t").name;
    expected = "x.txt";
  }
  {
    name = "script-bin";
    expr = lib.getExe (pkgs.writeShellScriptBin "tool" "echo") == "${pkgs.writeShellScriptBin "tool" "echo"}/bin/tool";
    expected = true;
  }
  {
    name = "application";
    expr = lib.hasSuffix "/bin/tool" (lib.getExe (pkgs.writeShellApplication { name = "tool"; runtimeInputs = [ pkgs.jq ]; text = "jq ."; }));
    expected = true;
  }
  {
    name = "build";
    expr = let build = pkgs.runCommand "x" { A = 1; meta.y = 2; passthru.z = 3; } "touch $out"; in [ build._repx_host.kind build.meta.y build.z ];
    expected = [ "build" 2 3 ];
  }
  {
    name = "build-content";
    expr = "${pkgs.runCommand "x" { A = 1; } "s"}" == "${pkgs.runCommandLocal "x" { A = "1"; } "s"}" && "${pkgs.runCommand "x" { A = 1; } "s"}" != "${pkgs.runCommand "x" { A = 2; } "s"}";
    expected = true;
  }
  {
    name = "build-inputs";
    expr = "${pkgs.runCommand "x" { nativeBuildInputs = [ pkgs.jq ]; f = null; } "s"}" != "${pkgs.runCommand "x" { } "s"}";
    expected = true;
  }
  {
    name = "joins";
    expr = map (p: p._repx_host.kind) [ (pkgs.symlinkJoin { name = "j"; paths = [ pkgs.jq ]; }) (pkgs.buildEnv { name = "e"; paths = [ pkgs.jq ]; pathsToLink = [ "/bin" ]; }) (pkgs.linkFarm "f" { a = pkgs.jq; }) (pkgs.linkFarm "f" [ { name = "a"; path = pkgs.jq; } ]) (pkgs.concatText "c" [ pkgs.jq ]) ];
    expected = [ "build" "build" "build" "build" "build" ];
  }
  {
    name = "joins-path";
    expr = map (p: builtins.hasContext "${p}") [ (pkgs.symlinkJoin { name = "j"; paths = [ pkgs.jq ]; }) (pkgs.linkFarm "f" { a = pkgs.jq; }) (pkgs.concatText "c" [ pkgs.jq ]) (pkgs.stdenv.mkDerivation { pname = "p"; version = "1"; src = ./tree; }) ];
    expected = [ true true true true ];
  }
  {
    name = "writers";
    expr = [ ("${pkgs.writers.writePython3 "s" { libraries = [ ]; } "x"}" == "${pkgs.writers.writePython3 "s" { } "x"}") (baseNameOf (lib.getExe (pkgs.writers.writeBashBin "s" "x"))) ];
    expected = [ true "s" ];
  }
  {
    name = "formats";
    expr = "${(pkgs.formats.json { }).generate "c.json" { a = 1; }}" == "${pkgs.writeText "c.json" "{\"a\":1}"}";
    expected = true;
  }
  # repx-lib
  {
    name = "lab";
    # It holds itself, as what upstream's gives does.
    expr =
      let
        lab = repx-lib.mkLab { runs = { }; lab_version = "1"; };
      in
      [ (removeAttrs lab [ "lab" ]) lab.lab.lab.lab_version ];
    expected = [ { _repx_type = "lab"; lab_version = "1"; runs = { }; } "1" ];
  }
  {
    name = "call-run";
    expr = builtins.removeAttrs (repx-lib.callRun "r" [ 1 ]) [ "_repx_place" ];
    expected = { _repx_type = "run_placeholder"; dependencies = [ 1 ]; runPath = "r"; };
  }
  {
    name = "run";
    expr = repx-lib.mkRun { name = "n"; };
    expected = { _repx_type = "run"; name = "n"; };
  }
  {
    name = "stage";
    expr = builtins.removeAttrs ((repx-lib.mkPipelineHelpers { }).callStage "s" [ ]) [ "_repx_place" ];
    expected = { _repx_type = "stage"; dependencies = [ ]; stageFile = "s"; };
  }
  {
    name = "pipe";
    expr = repx-lib.mkPipe { a = 1; };
    expected = { a = 1; };
  }
  {
    name = "range";
    expr = (repx-lib.mkUtils { inherit pkgs; }).range 1 3;
    expected = [ 1 2 3 ];
  }
  {
    name = "list";
    expr = repx-lib.utils.list [ 1 2 ];
    expected = { _repx_param = true; context = [ ]; kind = "list"; values = [ 1 2 ]; };
  }
  {
    name = "list-lazy";
    expr = (repx-lib.utils.list (throw "not looked at")).kind;
    expected = "list";
  }
  {
    name = "zip";
    expr = repx-lib.utils.zip { a = [ 1 ]; b = [ 2 3 ]; };
    expected = { _repx_zip = true; groups = { a = [ 1 ]; b = [ 2 3 ]; }; };
  }
  {
    name = "env";
    expr = map repx-lib.utils.env [ { B = "$A"; A = "1"; } { } ];
    expected = [ "export A=1 B=$A" "" ];
  }
  {
    name = "scan-kinds";
    expr = map (p: p.kind) [ (repx-lib.utils.scan { src = ./tree; }) (repx-lib.utils.dirs ./tree) (repx-lib.utils.files ./tree) ];
    expected = [ "scan" "dirs" "files" ];
  }
  {
    name = "scan-counts";
    expr = map (p: builtins.length p.values) [ (repx-lib.utils.scan { src = ./tree; }) (repx-lib.utils.dirs ./tree) (repx-lib.utils.files ./tree) (repx-lib.utils.scan { src = ./tree; match = ".*\\.csv"; }) (repx-lib.utils.scan { src = ./tree; type = "file"; match = "a.*"; }) ];
    expected = [ 2 1 1 0 1 ];
  }
  {
    name = "scan-match-whole";
    expr = builtins.length (repx-lib.utils.scan { src = ./tree; match = "a"; }).values;
    expected = 0;
  }
  {
    name = "scan-unknown-type";
    expr = (builtins.tryEval (builtins.length (repx-lib.utils.scan { src = ./tree; type = "dir"; }).values)).success;
    expected = false;
  }
  {
    name = "scan-context";
    expr = builtins.hasContext (builtins.head (repx-lib.utils.files ./tree).values);
    expected = true;
  }
]
