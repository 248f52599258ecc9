{ repx }:
repx.mkPipe rec {
  a = repx.callStage ../stages/a.nix [ ];
  b = repx.callStage ../stages/b.nix [ ];
  c = repx.callStage ../stages/c.nix [ a b ];
  d = repx.callStage ../stages/d.nix [ c ];
  e = repx.callStage ../stages/e.nix [ d ];
  f = repx.callStage ../stages/f.nix [ a [ b "y" ] ];
  g = repx.callStage ../stages/g.nix [ a ];
}
