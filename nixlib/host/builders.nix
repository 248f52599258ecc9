# The trivial builders: files from text, and small builds with the programs of this machine. Both are
# only described here; the file or the result comes to be when a job needs it.
{
  prim,
  lib,
  package,
  pkgs,
}:
let
  inherit (lib) concatMapStringsSep escapeShellArg;

  # Attributes become environment variables the way those of a derivation do: a path is taken into the
  # store, a list is joined by spaces, null and what has no text are left out.
  variables =
    env:
    lib.mapAttrs (_name: asText) (
      lib.filterAttrs (_name: value: value != null && lib.strings.isConvertibleWithToString value) env
    );
  asText =
    value:
    if builtins.isPath value then
      "${value}"
    else if builtins.isList value then
      lib.concatMapStringsSep " " asText value
    else
      toString value;

  # Programs a build asks for come first on its PATH.
  withInputs =
    env: script:
    let
      inputs = builtins.filter (input: input != null) (
        lib.flatten (env.nativeBuildInputs or [ ] ++ env.buildInputs or [ ])
      );
    in
    lib.optionalString (inputs != [ ]) "export PATH=\"${lib.makeBinPath inputs}:$PATH\"\n" + script;

  built =
    {
      name,
      script,
      env ? { },
    }:
    let
      passthru = env.passthru or { };
    in
    package.make {
      pname = name;
      outPath = prim.hostBuild {
        inherit name;
        script = withInputs env script;
        env = variables (
          removeAttrs env [
            "meta"
            "passthru"
          ]
        );
      };
      meta = env.meta or { };
      host = {
        kind = "build";
        inherit name;
      };
      extra = passthru // {
        inherit passthru;
      };
    };

  textFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      meta ? { },
      passthru ? { },
      # Checks and build options of nixpkgs: nothing is built here.
      ...
    }:
    package.make {
      pname = name;
      outPath = prim.hostFile {
        inherit
          name
          text
          executable
          destination
          ;
      };
      meta =
        lib.optionalAttrs (executable && lib.hasPrefix "/bin/" destination) {
          mainProgram = baseNameOf destination;
        }
        // meta;
      host = {
        kind = "text";
        inherit name;
      };
      extra = passthru // {
        inherit passthru;
      };
    };

  # A script is a program file of its own; its `Bin` variant is a package with that program.
  script =
    name: text:
    textFile {
      inherit name text;
      executable = true;
    };
  scriptBin =
    name: text:
    textFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
    };

  # The interpreter is looked up on PATH: no absolute path is right on every machine.
  headed = interpreter: text: "#!/usr/bin/env ${interpreter}\n${text}";

  # The functions of `writers`: a language's scripts, with options (libraries, checks) or without.
  writer =
    make: interpreter: name: optionsOrText:
    if builtins.isAttrs optionsOrText && !lib.isStringLike optionsOrText then
      content: make name (headed interpreter (contentOf content))
    else
      make name (headed interpreter (contentOf optionsOrText));
  contentOf = content: if builtins.isPath content then builtins.readFile content else content;
  # `/bin/name` asks for a package, a plain name for a file.
  writerScript =
    path: if lib.hasPrefix "/bin/" path then scriptBin (lib.removePrefix "/bin/" path) else script path;
  writersFor = lib.concatMapAttrs (
    language: interpreter: {
      "write${language}" = writer writerScript interpreter;
      "write${language}Bin" = writer scriptBin interpreter;
    }
  );

  linkAll = concatMapStringsSep "\n" (path: "cp -rsf ${path}/. \"$out\"/");

  # Files of data: a value's text in a format, under a name.
  dataFormat = render: _options: {
    generate = name: value: writeText name (render value);
    type = null;
  };
  writeText = name: text: textFile { inherit name text; };
in
{
  inherit writeText;
  writeTextFile = textFile;
  writeTextDir =
    path: text:
    textFile {
      name = baseNameOf path;
      destination = "/${path}";
      inherit text;
    };
  writeScript = script;
  writeScriptBin = scriptBin;
  writeShellScript = name: text: script name (headed "bash" text);
  writeShellScriptBin = name: text: scriptBin name (headed "bash" text);
  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      runtimeEnv ? null,
      bashOptions ? [
        "errexit"
        "nounset"
        "pipefail"
      ],
      inheritPath ? true,
      meta ? { },
      passthru ? { },
      ...
    }:
    let
      options = concatMapStringsSep "" (option: "set -o ${option}\n") bashOptions;
      variables = lib.concatMapAttrsStringSep "" (
        variable: value: lib.toShellVar variable value + "\nexport ${variable}\n"
      ) (lib.defaultTo { } runtimeEnv);
      path = lib.optionalString (runtimeInputs != [ ] || !inheritPath) ''
        export PATH="${lib.makeBinPath runtimeInputs}${lib.optionalString inheritPath ":$PATH"}"
      '';
    in
    textFile {
      inherit name meta passthru;
      executable = true;
      destination = "/bin/${name}";
      text = headed "bash" "${options}${variables}${path}\n${text}\n";
    };

  runCommand =
    name: env: script:
    built { inherit name env script; };
  runCommandLocal = pkgs.runCommand;
  runCommandNoCC = pkgs.runCommand;
  runCommandCC = pkgs.runCommand;
  runCommandWith =
    {
      name,
      derivationArgs ? { },
      ...
    }:
    pkgs.runCommand name derivationArgs;

  symlinkJoin =
    args@{
      paths,
      postBuild ? "",
      ...
    }:
    built {
      name = args.name or args.pname;
      env = builtins.intersectAttrs {
        buildInputs = null;
        meta = null;
        nativeBuildInputs = null;
        passthru = null;
      } args;
      script = ''
        mkdir -p "$out"
        ${linkAll (lib.flatten paths)}
        ${postBuild}
      '';
    };
  # Which directories are linked is not narrowed: nothing here is installed for a user.
  buildEnv = pkgs.symlinkJoin;
  linkFarm =
    name: entries:
    let
      list =
        if builtins.isAttrs entries then
          lib.mapAttrsToList (name: path: { inherit name path; }) entries
        else
          entries;
      link = entry: ''
        mkdir -p "$out"/${escapeShellArg (dirOf entry.name)}
        ln -sfn ${escapeShellArg "${entry.path}"} "$out"/${escapeShellArg entry.name}
      '';
    in
    built {
      inherit name;
      script = "mkdir -p \"$out\"\n" + lib.concatMapStrings link list;
    };
  linkFarmFromDrvs =
    name: packages:
    pkgs.linkFarm name (
      map (package: {
        inherit (package) name;
        path = package;
      }) packages
    );
  concatTextFile =
    {
      name,
      files,
      executable ? false,
      destination ? "",
      ...
    }:
    built {
      inherit name;
      script = ''
        file="$out"${escapeShellArg destination}
        mkdir -p "$(dirname "$file")"
        cat ${lib.escapeShellArgs files} > "$file"
        ${lib.optionalString executable "chmod +x \"$file\""}
      '';
    };
  concatText = name: files: pkgs.concatTextFile { inherit name files; };
  concatScript =
    name: files:
    pkgs.concatTextFile {
      inherit name files;
      executable = true;
    };

  writers =
    writersFor {
      Bash = "bash";
      Dash = "dash";
      Fish = "fish";
      Python3 = "python3";
      PyPy3 = "pypy3";
      Perl = "perl";
      Ruby = "ruby";
      JS = "node";
      R = "Rscript";
      Julia = "julia";
      Lua = "lua";
      Nu = "nu";
    }
    // {
      writeText = writeText;
      writeJSON = name: value: writeText name (builtins.toJSON value);
      writeYAML = name: value: writeText name (builtins.toJSON value);
    };

  formats = {
    json = dataFormat builtins.toJSON;
    yaml = dataFormat builtins.toJSON;
    ini = options: dataFormat (lib.generators.toINI (removeAttrs options [ "listToValue" ])) { };
    keyValue = options: dataFormat (lib.generators.toKeyValue (removeAttrs options [ "listToValue" ])) { };
  };

  # The usual phases, with the compiler of this machine. Hooks of other packages are not run.
  mkDerivation =
    argsOrFunction:
    let
      args = if builtins.isFunction argsOrFunction then lib.fix argsOrFunction else argsOrFunction;
      name = args.name or "${args.pname}-${args.version or "host"}";
      phase = named: default: args.${named} or default;
      script = ''
        ${lib.optionalString (args ? src && !(args.dontUnpack or false)) (
          phase "unpackPhase" ''
            if [ -d "$src" ]; then cp -r "$src"/. . && chmod -R u+w .; else tar -xf "$src" --strip-components=1; fi
          ''
        )}
        ${phase "patchPhase" ""}
        ${phase "configurePhase" "if [ -x ./configure ]; then ./configure --prefix=\"$out\"; fi"}
        ${phase "buildPhase" "if [ -e Makefile ]; then make; fi"}
        ${phase "installPhase" "if [ -e Makefile ]; then make install PREFIX=\"$out\" prefix=\"$out\"; fi"}
      '';
    in
    built {
      inherit name;
      script = phase "buildCommand" script;
      env = args;
    };
}
