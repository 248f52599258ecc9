{ pkgs, repx-lib, ... }:
{
name = "configs";
pipelines = [ ./pipelines/main.nix ];
params = {
  config = repx-lib.utils.files ./configs;
};
}
