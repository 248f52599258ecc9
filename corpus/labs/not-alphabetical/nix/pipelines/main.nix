{ repx }:
repx.mkPipe rec {
  a_report = repx.callStage ../stages/report.nix [ m_train ];
  m_train = repx.callStage ../stages/train.nix [ z_gen ];
  z_gen = repx.callStage ../stages/gen.nix [ ];
}
