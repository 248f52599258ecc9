# Path values and relative paths.
{ lists, path, strings, ... }:
let
  components = text: builtins.filter (part: part != "" && part != ".") (strings.splitString "/" text);
in
{
  append =
    base: subpath:
    if !builtins.isPath base then
      throw "path.append: the base has to be a path, not a ${builtins.typeOf base}"
    else if !path.subpath.isValid subpath then
      throw "path.append: \"${toString subpath}\" does not lead to a place below the base"
    else
      base + ("/" + subpath);
  hasPrefix =
    base:
    let
      front = components (toString base);
    in
    candidate: lists.hasPrefix front (components (toString candidate));
  removePrefix =
    base: candidate:
    path.subpath.join (lists.removePrefix (components (toString base)) (components (toString candidate)));
  subpath = {
    # Relative, and never above where it starts.
    isValid =
      value:
      builtins.isString value
      && value != ""
      && builtins.substring 0 1 value != "/"
      && !builtins.elem ".." (strings.splitString "/" value);
    normalise = value: path.subpath.join [ value ];
    inherit components;
    join = parts: builtins.concatStringsSep "/" ([ "." ] ++ builtins.concatMap components parts);
  };
}
