{ }:
{
  pname = "plain";
  inputs.text = "";
  outputs.copy = "$out/copy.txt";
  run = { inputs, outputs, ... }: ''
    cat "${inputs.text}" > "${outputs.copy}"
  '';
}
