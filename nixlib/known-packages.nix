# What importing a locked nixpkgs gives where something is known of its packages: `known` has the forms of
# `locked-packages.nix`, `same` says whether two functions are one. Whoever asks for another form gets what its file makes.
{
  known,
  file,
  same,
  overlay,
  system,
}:
let
  make = import file;
  isUsual =
    args:
    builtins.isAttrs args
    && args ? system
    && args.system == system
    && (args.config or { }) == { }
    && removeAttrs args [
      "config"
      "overlays"
      "system"
    ] == { };
in
args:
if !isUsual args then
  make args
else if (args.overlays or [ ]) == [ ] then
  known.imported
# The same function, not one like it.
else if
  builtins.isList args.overlays
  && builtins.length args.overlays == 1
  && same (builtins.head args.overlays) overlay
then
  known.extended
else
  make args
