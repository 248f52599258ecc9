{ pkgs }:
{
  pname = "parallel-processing";

  scatter = {
    resources = { mem = "4G"; cpus = 1; time = "00:05:00"; };
    outputs = {
      worker__arg = { part = 0; };
      work__items = "$out/work_items.json";
    };
    run = { outputs, ... }: ''
      echo '[{"part": 1}, {"part": 2}]' > "${outputs.work__items}"
    '';
  };

  worker = {
    resources = { mem = "16G"; cpus = 4; time = "02:00:00"; partition = "compute"; };
    inputs = { worker__item = ""; };
    outputs = { part = "$out/part.json"; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.worker__item}" > "${outputs.part}"
    '';
  };

  gather = {
    resources = { mem = "8G"; cpus = 2; time = "00:30:00"; };
    inputs = { worker__outs = "[]"; };
    outputs = { all = "$out/all.json"; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.worker__outs}" > "${outputs.all}"
    '';
  };
}
