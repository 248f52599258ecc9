# A lab for upstream's own library: three stages over `n` × 2 × `m` points, and a run of one job
# that depends on them: 6nm + 1 jobs. One stage is another for each mode.
{
  nixpkgs,
  upstream, # a checkout of upstream RepX
  n,
  m,
}:
let
  pkgs = import ./packages.nix (/. + nixpkgs);
  lib = import (/. + upstream + "/nix/lib/main.nix");

  # Upstream's word for parameters has changed: ask its library.
  word = if (builtins.functionArgs lib.mkRun) ? parameters then "parameters" else "params";
  dynamic =
    body: if word == "parameters" then ({ parameters }: body parameters) else ({ params }: body params);

  gen = _: {
    pname = "gen";
    ${word} = {
      seed = 0;
      mode = "fast";
      width = 1;
    };
    outputs.numbers = "$out/numbers.txt";
    resources = {
      mem = "1G";
      time = "00:10:00";
    };
    run =
      { outputs, ... }@offered:
      ''
        echo "${toString offered.${word}.seed} ${toString offered.${word}.width}" > "${outputs.numbers}"
      '';
  };

  train = _: {
    pname = dynamic (given: "train-${given.mode}");
    ${word} = {
      seed = 0;
      mode = "fast";
      width = 1;
    };
    inputs = dynamic (given: {
      numbers = "";
    });
    outputs = dynamic (given: {
      model = "$out/model-${given.mode}.txt";
    });
    resources = dynamic (given: {
      mem = if given.mode == "slow" then "4G" else "512M";
      cpus = 2;
    });
    run =
      { inputs, outputs, ... }@offered:
      ''
        echo "${offered.${word}.mode}" | cat - "${inputs.numbers}" > "${outputs.model}"
      '';
  };

  score = _: {
    pname = "score";
    ${word} = {
      seed = 0;
      mode = "fast";
      width = 1;
    };
    inputs = {
      model = "";
      numbers = "";
    };
    outputs.score = "$out/score.txt";
    run =
      { inputs, outputs, ... }:
      ''
        cat "${inputs.model}" "${inputs.numbers}" | wc -c > "${outputs.score}"
      '';
  };

  pipeline =
    { repx }:
    repx.mkPipe rec {
      a = repx.callStage gen [ ];
      b = repx.callStage train [ a ];
      c = repx.callStage score [
        [
          a
          "numbers"
        ]
        [
          b
          "model"
          "model"
        ]
      ];
    };

  report = _: {
    pname = "report";
    inputs = {
      store__base = "";
      metadata__sweep = "";
    };
    outputs.report = "$out/report.txt";
    run =
      { inputs, outputs, ... }:
      ''
        cat "${inputs.metadata__sweep}" > "${outputs.report}"
      '';
  };

  runs = rec {
    sweep = lib.callRun (
      { repx-lib, ... }:
      {
        name = "sweep";
        pipelines = [ pipeline ];
        ${word} = {
          seed = repx-lib.utils.range 1 n;
          mode = repx-lib.utils.list [
            "fast"
            "slow"
          ];
          width = repx-lib.utils.range 1 m;
        };
      }
    ) [ ];
    analysis = lib.callRun (_: {
      name = "analysis";
      pipelines = [ ({ repx }: repx.mkPipe { report = repx.callStage report [ ]; }) ];
      ${word} = { };
    }) [ sweep ];
  };
in
(lib.mkLab {
  inherit pkgs runs;
  repx-lib = lib;
  gitHash = "none";
  lab_version = "1.0.0";
}).lab
