# nix/runs/lightweight.nix
{ pkgs, ... }:
{
  name = "lightweight";
  containerized = false;  # Skip Docker image generation
  pipelines = [ ./pipelines/quick.nix ];
  params = { seed = [ 1 2 3 ]; };
}
