_: {
  pname = "use";
  inputs.data = "";
  outputs.result = "$out/result.txt";
  run = { inputs, outputs, ... }: ''
    sort "${inputs.data}" > "${outputs.result}"
  '';
}
