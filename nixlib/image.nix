# The image that jobs are run in: the tools that every script finds, and what has these paths. Scripts themselves
# come from the lab's directory, so that editing one makes no other image.
{
  pkgs,
  name,
  tools,
  paths,
}:
let
  build = pkgs.dockerTools.buildLayeredImage;

  # Functions that can be overridden are sets.
  takes =
    build.__functionArgs or (if builtins.isFunction build then builtins.functionArgs build else { });

  # What is put into an image are directories, whose entries are linked into its root. A parameter may be a file, so
  # the paths come along in the text of one.
  named = derivation {
    name = "repx-paths";
    inherit (pkgs.bash) system;
    builder = "${pkgs.bash}/bin/bash";
    PATH = "${pkgs.coreutils}/bin";
    passAsFile = [ "paths" ];
    inherit paths;
    args = [
      "-e"
      "-c"
      "mkdir -p \"$out/share/repx\"; cp \"$pathsPath\" \"$out/share/repx/paths\""
    ];
  };
in
build (
  {
    inherit name;
    tag = "latest";
    contents = map (tool: pkgs.${tool}) (builtins.filter (tool: pkgs ? ${tool}) tools) ++ [ named ];
    config.Cmd = [ "${pkgs.bash}/bin/bash" ];
  }
  // (if takes ? compressor then { compressor = "none"; } else { })
)
