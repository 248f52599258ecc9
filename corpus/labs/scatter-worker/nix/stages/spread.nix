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
    run = { inputs, outputs, params, ... }: ''
      sed 1q "${inputs.list}" > "${outputs.head}"
      seq ${toString params.parts} | sed 's/.*/{"index": &}/' | paste -sd , | sed 's/.*/[&]/' > "${outputs.work__items}"
    '';
  };
  worker = {
    inputs = { worker__item = ""; list = ""; };
    outputs = { part = "$out/part.txt"; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.worker__item}" "${inputs.list}" > "${outputs.part}"
    '';
  };
  gather = {
    inputs = { worker__outs = "[]"; head = ""; };
    outputs = { params }: { total = "$out/total-${toString params.parts}.txt"; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.head}" "${inputs.worker__outs}" > "${outputs.total}"
    '';
  };
}
