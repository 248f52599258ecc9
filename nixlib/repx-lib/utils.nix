# Values for sweeps. A parameter object is { _repx_param, kind, values, context }: `values` are the points of
# an axis, `context` what must be present for them to mean something.
{ prim, lib }:
let
  parameter = kind: values: context: {
    _repx_param = true;
    inherit kind values context;
  };

  # The words for kinds of entries, and the file types each lets through (null: all).
  wanted = {
    any = null;
    file = "regular";
    directory = "directory";
  };

  scan =
    kind: caller:
    {
      src,
      type ? "any",
      match ? null,
    }:
    let
      fileType =
        wanted.${type}
          or (throw "${caller}: type \"${type}\" is none of ${builtins.concatStringsSep ", " (builtins.attrNames wanted)}");
      entries = builtins.readDir src;
      fits =
        name:
        (fileType == null || entries.${name} == fileType)
        && (match == null || builtins.match match name != null);

      # What is built or already in a store is taken from there as a whole. An entry of the lab's own
      # tree is a source of its own, hashed alone: a new neighbour changes nothing for it.
      fromStore =
        lib.isDerivation src || (builtins.isString src && lib.hasPrefix (builtins.storeDir + "/") src);
      value = name: if fromStore then "${src}/${name}" else prim.pathEntry src name;
    in
    # attrNames is sorted, so the order of the axis doesn't depend on the file system.
    parameter kind (map value (builtins.filter fits (builtins.attrNames entries))) (
      if fromStore then [ src ] else [ ]
    );
in
{
  # Both ends belong to it.
  range = lib.range;
  list = values: parameter "list" values [ ];
  scan = scan "scan" "utils.scan";
  dirs =
    src:
    scan "dirs" "utils.dirs" {
      inherit src;
      type = "directory";
    };
  files =
    src:
    scan "files" "utils.files" {
      inherit src;
      type = "file";
    };

  # Lists that advance together instead of being crossed.
  zip = group: {
    _repx_zip = true;
    groups = group;
  };

  # A line of shell that exports variables. The values stand as they are, so that one may refer to another.
  env =
    variables:
    let
      assignments = lib.mapAttrsToList (name: value: "${name}=${value}") variables;
    in
    lib.optionalString (variables != { }) "export ${builtins.concatStringsSep " " assignments}";
}
