_: {
  pname = "gen";
  params.seed = 0;
  outputs.data = "$out/data.txt";
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
