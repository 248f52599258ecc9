{ pkgs }:
{
  pname = "spread";
  scatter = {
    inputs = { data = ""; };
    outputs = {
      worker__arg = { index = 0; };
      work__items = "$out/items.json";
    };
    run = { inputs, outputs, ... }: ''
      jq -s . "${inputs.data}" > "${outputs.work__items}"
    '';
  };
  worker = {
    inputs = { worker__item = ""; };
    outputs = { part = "$out/part.txt"; };
    runDependencies = [ pkgs.pythn3 ];
    run = { inputs, outputs, ... }: ''
      cp "${inputs.worker__item}" "${outputs.part}"
    '';
  };
  gather = {
    inputs = { worker__outs = ""; };
    outputs = { total = "$out/total.txt"; };
    run = { inputs, outputs, ... }: ''
      cp "${inputs.worker__outs}" "${outputs.total}"
    '';
  };
}
