# Parts of source trees. A filtered source is a set with an `outPath`, so it can be filtered again.
{ lists, sources, strings, trivial, ... }:
let
  inherit (builtins) match;

  describe =
    src:
    if src ? _isLibCleanSourceWith then
      {
        inherit (src) filter name origSrc;
      }
    else
      {
        origSrc = src;
        filter = _path: _type: true;
        name = "source";
      };

  versionControl = [
    ".hg"
    ".jj"
    ".pijul"
    ".svn"
    "CVS"
    "_darcs"
  ];
in
{
  inherit (builtins) filterSource;
  pathHasContext = path: builtins.hasContext (toString path);
  canCleanSource = src: src ? _isLibCleanSourceWith || !sources.pathHasContext src;

  # Leaves out version control, editors' leavings, objects and links to build results.
  cleanSourceFilter =
    path: type:
    let
      name = baseNameOf path;
      unwanted =
        name == ".git"
        || type == "unknown"
        || (type == "directory" && builtins.elem name versionControl)
        || (type == "symlink" && strings.hasPrefix "result" name)
        || match ".*(~|\\.o|\\.so)" name != null
        || match "(\\..*)?\\.sw[a-z]" name != null;
    in
    !unwanted;
  cleanSource =
    src:
    sources.cleanSourceWith {
      inherit src;
      filter = sources.cleanSourceFilter;
    };
  cleanSourceWith =
    {
      src,
      filter ? _path: _type: true,
      name ? null,
    }:
    let
      inner = describe src;
      both = path: type: filter path type && inner.filter path type;
      finalName = if name == null then inner.name else name;
    in
    {
      _isLibCleanSourceWith = true;
      inherit (inner) origSrc;
      name = finalName;
      filter = both;
      outPath = builtins.path {
        path = inner.origSrc;
        name = finalName;
        filter = both;
      };
    };
  sourceByRegex =
    src: patterns:
    let
      root = toString (describe src).origSrc + "/";
      relative = path: strings.removePrefix root (toString path);
    in
    sources.cleanSourceWith {
      inherit src;
      filter = path: _type: lists.any (pattern: match pattern (relative path) != null) patterns;
    };
  sourceFilesBySuffices =
    src: suffixes:
    sources.cleanSourceWith {
      inherit src;
      filter =
        path: type: type == "directory" || lists.any (suffix: strings.hasSuffix suffix (baseNameOf path)) suffixes;
    };
  trace =
    src:
    let
      inner = describe src;
      traced =
        path: type:
        let
          kept = inner.filter path type;
        in
        builtins.trace "${inner.name}.filter ${path} = ${trivial.boolToString kept}" kept;
    in
    sources.cleanSourceWith {
      inherit (inner) name;
      src = inner.origSrc;
      filter = traced;
    };

  pathIsGitRepo = path: builtins.pathExists (path + "/.git");
}
