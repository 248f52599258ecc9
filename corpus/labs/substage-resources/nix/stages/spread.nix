{ pkgs }:
{
  pname = "spread";
  params = { parts = 2; };
  scatter = {
    inputs = { list = ""; };
    outputs = {
      worker__arg = { index = 0; };
      work__items = "$out/work_items.json";
      head = "$out/head.txt";
    };
    resources = { mem = "4G"; time = "00:05:00"; };
    run = { inputs, outputs, params, ... }: ''
      sed 1q "${inputs.list}" > "${outputs.head}"
      seq ${toString params.parts} | sed 's/.*/{"index": &}/' | paste -sd , | sed 's/.*/[&]/' > "${outputs.work__items}"
    '';
  };
  worker = {
    inputs = { worker__item = ""; list = ""; };
    outputs = { part = "$out/part.txt"; };
    resources = { params }: { mem = "16G"; cpus = params.parts; time = "02:00:00"; partition = "compute"; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.worker__item}" "${inputs.list}" > "${outputs.part}"
    '';
  };
  gather = {
    inputs = { worker__outs = "[]"; head = ""; };
    outputs = { total = "$out/total.txt"; };
    resources = { mem = "8G"; cpus = 2; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.head}" "${inputs.worker__outs}" > "${outputs.total}"
    '';
  };
}
