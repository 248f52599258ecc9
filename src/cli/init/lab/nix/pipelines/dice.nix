# A pipeline: stages, each with those that it reads from.
{ repx }:
repx.mkPipe rec {
  roll = repx.callStage ../stages/roll.nix [ ];
  mean = repx.callStage ../stages/mean.nix [ roll ];
}
