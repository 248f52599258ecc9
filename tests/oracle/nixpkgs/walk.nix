# Says of each attribute named in a JSON file what it is: one traced line `@ PATH ANSWER` each.
#
# Attributes are taken one after another, so when one of them ends the evaluation (abort, a
# missing attribute, infinite recursion), whoever reads the lines knows which, and begins again
# behind it.
{
  nixpkgs, # the package set's directory
  config ? { }, # its configuration
  names, # a JSON file: attribute paths, each a list of names
  what ? "drv", # drv: derivations' paths; meta: name, outputs and meta too; sets: sets to look into
}:
let
  inherit (builtins)
    attrNames
    concatStringsSep
    foldl'
    fromJSON
    isAttrs
    readFile
    toJSON
    trace
    tryEval
    unsafeDiscardStringContext
    ;
  pkgs = import (/. + nixpkgs) {
    inherit config;
    overlays = [ ];
  };

  at = foldl' (set: name: set.${name}) pkgs;
  isDerivation = value: isAttrs value && value.type or null == "derivation";
  attempt =
    value:
    let
      result = tryEval value;
    in
    if result.success then result.value else "throws";

  answers = {
    drv = value: if isDerivation value then value.drvPath else "no derivation";
    meta =
      value:
      if isDerivation value then
        toJSON {
          inherit (value) name drvPath;
          outputs = map (output: value.${output}.outPath) value.outputs;
          meta = attempt (toJSON (value.meta or { }));
        }
      else
        "no derivation";
    sets =
      value:
      if isAttrs value && !isDerivation value && value.recurseForDerivations or false == true then
        toJSON (attrNames value)
      else
        "no set";
  };

  one =
    path:
    let
      answer = attempt (unsafeDiscardStringContext (answers.${what} (at path)));
    in
    trace "@ ${concatStringsSep "." path} ${answer}";
in
foldl' (done: path: one path done) null (fromJSON (readFile (/. + names)))
