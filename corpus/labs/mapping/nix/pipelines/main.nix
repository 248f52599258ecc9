{ repx }:
repx.mkPipe rec {
  producer = repx.callStage ../stages/producer.nix [ ];
  renamed = repx.callStage ../stages/renamed.nix [ [ producer "raw" "input" ] [ producer "stats" ] ];
  implicit = repx.callStage ../stages/implicit.nix [ producer ];
  twice = repx.callStage ../stages/twice.nix [ [ producer "raw" "left" ] [ producer "raw" "right" ] ];
  partly = repx.callStage ../stages/partly.nix [ producer ];
  both = repx.callStage ../stages/both.nix [ renamed [ implicit "joined" "other" ] ];
}
