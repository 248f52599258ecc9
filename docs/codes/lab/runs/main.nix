_: {
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
}
