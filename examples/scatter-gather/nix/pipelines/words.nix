{ repx }:
repx.mkPipe rec {
  text = repx.callStage ../stages/text.nix [ ];
  count = repx.callStage ../stages/count.nix [ text ];
  top = repx.callStage ../stages/top.nix [ [ count "counts" "words" ] ];
}
