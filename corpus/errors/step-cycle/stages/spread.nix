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
  steps = rec {
    split = {
      inputs = { worker__item = ""; };
      outputs = { low = "$out/low.txt"; high = "$out/high.txt"; };
      run = { inputs, outputs, ... }: ''
        tee "${outputs.low}" < "${inputs.worker__item}" > "${outputs.high}"
      '';
    };
    left = {
      deps = [ right ];
      inputs = { numbers = ""; };
      outputs = { left = "$out/left.txt"; };
      run = { inputs, outputs, ... }: ''
        cat "${inputs.numbers}" > "${outputs.left}"
      '';
    };
    right = {
      deps = [ left ];
      inputs = { high = ""; list = ""; };
      outputs = { right = "$out/right.txt"; };
      run = { inputs, outputs, ... }: ''
        cat "${inputs.high}" "${inputs.list}" > "${outputs.right}"
      '';
    };
    join = {
      deps = [ left right ];
      inputs = { left = ""; right = ""; };
      outputs = { joined = "$out/joined.txt"; };
      resources = { cpus = 2; };
      run = { inputs, outputs, ... }: ''
        cat "${inputs.left}" "${inputs.right}" > "${outputs.joined}"
      '';
    };
  };
  gather = {
    inputs = { worker__outs = "[]"; head = ""; };
    outputs = { total = "$out/total.txt"; };
    run = { inputs, outputs, ... }: ''
      cat "${inputs.head}" "${inputs.worker__outs}" > "${outputs.total}"
    '';
  };
}
