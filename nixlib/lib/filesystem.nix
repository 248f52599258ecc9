# Looking into directories.
{ attrsets, filesystem, strings, ... }:
let
  inherit (builtins) attrNames concatMap pathExists readDir;
in
{
  inherit (builtins) pathExists;

  pathType =
    path:
    let
      name = baseNameOf path;
      entries = readDir (dirOf path);
    in
    builtins.readFileType or (
      _path:
      # The root has no directory it could be listed in.
      if dirOf path == path then
        "directory"
      else
        entries.${name} or (throw "pathType: the path ${toString path} does not exist")
    ) path;
  pathIsDirectory = path: pathExists path && filesystem.pathType path == "directory";
  pathIsRegularFile = path: pathExists path && filesystem.pathType path == "regular";

  listFilesRecursive =
    directory:
    let
      entries = readDir directory;
      visit =
        name:
        let
          path = directory + "/${name}";
        in
        if entries.${name} == "directory" then filesystem.listFilesRecursive path else [ path ];
    in
    concatMap visit (attrNames entries);

  # The nearest directory upwards that has an entry matching the pattern, with the matches.
  locateDominatingFile =
    pattern: file:
    let
      search =
        directory:
        let
          found = builtins.filter (match: match != null) (
            map (builtins.match pattern) (attrNames (readDir directory))
          );
          parent = dirOf directory;
        in
        if found != [ ] then
          {
            path = directory;
            matches = found;
          }
        else if parent == directory then
          null
        else
          search parent;
    in
    search (if filesystem.pathIsDirectory file then file else dirOf file);

  # A directory with a `package.nix` is a package; otherwise its Nix files are, and its directories are sets.
  packagesFromDirectoryRecursive =
    {
      callPackage,
      directory,
      ...
    }:
    let
      entries = readDir directory;
      member =
        name:
        let
          path = directory + "/${name}";
        in
        if entries.${name} == "directory" then
          [
            {
              inherit name;
              value = filesystem.packagesFromDirectoryRecursive {
                inherit callPackage;
                directory = path;
              };
            }
          ]
        else if strings.hasSuffix ".nix" name then
          [
            {
              name = strings.removeSuffix ".nix" name;
              value = callPackage path { };
            }
          ]
        else
          [ ];
    in
    if entries ? "package.nix" then
      callPackage (directory + "/package.nix") { }
    else
      builtins.listToAttrs (concatMap member (attrNames entries));

  haskellPathsInDir =
    root:
    let
      entries = readDir root;
      project =
        name:
        let
          path = root + "/${name}";
        in
        if entries.${name} == "directory" && pathExists (path + "/${name}.cabal") then
          [ (attrsets.nameValuePair name path) ]
        else
          [ ];
    in
    builtins.listToAttrs (concatMap project (attrNames entries));
}
