{ ... }:
{
  name = "defaults";
  pipelines = [ ./pipe-train.nix ];
  params = { };
}
