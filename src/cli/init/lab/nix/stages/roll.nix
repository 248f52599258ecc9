# A stage: a script with its parameters, inputs and outputs. These values are the defaults.
{ pkgs }:
{
  pname = "roll";
  params = {
    sides = 6;
    seed = 0;
  };
  outputs = { rolls = "$out/rolls.txt"; };
  run = { outputs, params, ... }: ''
    RANDOM=${toString params.seed}
    for i in {1..100}; do
      echo $(( RANDOM % ${toString params.sides} + 1 ))
    done > "${outputs.rolls}"
  '';
}
