# A package set as nixpkgs is one: a function of its configuration, whose packages are real
# derivations. They are built with what every machine has in /bin.
{ system ? "x86_64-linux", greeting ? "hello" }:
let
  build = name: script: attrs:
    derivation ({
      inherit name system;
      builder = "/bin/sh";
      PATH = "/bin:/usr/bin";
      args = [ "-e" "-c" script ];
    } // attrs);

  # A package that only has programs of the machine under its own path.
  borrow = name: programs: build name ''
    mkdir -p $out/bin
    for program in ${toString programs}; do
      ln -s $(command -v $program) $out/bin/$program
    done
  '' { };

  packages = {
    lib = { inherit (builtins) concatStringsSep; };
    bash = borrow "bash-5" [ "bash" ];
    coreutils = borrow "coreutils-8" [ "cp" "chmod" "cat" ];

    # A program with its manual in an output of its own.
    greeter = build "greeter-1" ''
      mkdir -p $out/bin $doc
      echo 'echo ${greeting}' > $out/bin/greet
      chmod +x $out/bin/greet
      echo manual > $doc/greet
    '' { outputs = [ "out" "doc" ]; };

    # A package that needs another.
    twice = build "twice-1" ''
      mkdir -p $out/bin
      cat ${packages.greeter}/bin/greet ${packages.greeter}/bin/greet > $out/bin/twice
    '' { };

    # A file that is known only once it is built.
    settings = build "settings.nix" "echo '{ seeds = [ 1 2 3 ]; }' > $out" { };
  };
in
packages
