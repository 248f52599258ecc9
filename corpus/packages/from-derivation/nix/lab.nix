# The values to sweep over are in a file that has to be built first.
{ pkgs, repx-lib, gitHash, ... }:
let
  settings = import pkgs.settings;
  sweep = repx-lib.callRun ({ repx }: {
    name = "sweep";
    pipelines = [
      ({ repx }: repx.mkPipe {
        only = repx.callStage ({ }: {
          pname = "only";
          params.seed = 0;
          outputs.text = "$out/text.txt";
          run = { outputs, params, ... }: ''echo ${toString params.seed} > "${outputs.text}"'';
        }) [ ];
      })
    ];
    params.seed = settings.seeds;
  }) [ ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit sweep; };
}
