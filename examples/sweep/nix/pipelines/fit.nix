{ repx }:
repx.mkPipe rec {
  data = repx.callStage ../stages/data.nix [ ];
  train = repx.callStage ../stages/train.nix [ data ];
  evaluate = repx.callStage ../stages/evaluate.nix [
    [ data "points" ]
    [ train "model" "fitted" ]
  ];
}
