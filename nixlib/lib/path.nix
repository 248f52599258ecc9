# Path values and relative paths.
{ lists, path, strings, ... }:
let
  components = text: builtins.filter (part: part != "" && part != ".") (strings.splitString "/" text);
in
{
  append =
    base: subpath:
    if !builtins.isPath base then
      throw "lib.path.append: the first argument is of type ${builtins.typeOf base}, but a path was expected"
    else if !path.subpath.isValid subpath then
      throw "lib.path.append: the second argument is not a valid relative path inside its base"
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
