# Functions called with arguments from a set, and results that can be made anew with others.
{
  attrsets,
  customisation,
  fixedPoints,
  lists,
  strings,
  trivial,
  ...
}:
let
  inherit (builtins) attrNames intersectAttrs isAttrs mapAttrs;

  load = f: if trivial.isFunction f then f else import f;

  # What to say of a required argument that nobody gives. Typos are near, so near names come first.
  missing =
    available: name:
    let
      near = lists.take 3 (
        lists.sortOn (strings.levenshtein name) (
          builtins.filter (strings.levenshteinAtMost 2 name) (attrNames available)
        )
      );
      hint = strings.optionalString (near != [ ]) "; near to it are ${builtins.concatStringsSep ", " near}";
    in
    abort "callPackage: the function has a required argument \"${name}\" that is not in the set${hint}";
in
{
  # The result of a function as a set remembers its arguments: `override` calls it again with changes.
  makeOverridable =
    f:
    let
      likeF = trivial.mirrorFunctionArgs f;
      again = change: likeF (args: change (f args));
    in
    likeF (
      args:
      let
        result = f args;
        override = likeF (
          changes:
          customisation.makeOverridable f (
            args // (if trivial.isFunction changes then changes args else changes)
          )
        );
        attrsHook =
          if result ? overrideAttrs then
            {
              overrideAttrs =
                change: customisation.makeOverridable (again (package: package.overrideAttrs change)) args;
            }
          else
            { };
      in
      if isAttrs result then
        result
        // {
          inherit override;
          overrideDerivation =
            change:
            customisation.makeOverridable (again (package: customisation.overrideDerivation package change)) args;
        }
        // attrsHook
      else if trivial.isFunction result then
        trivial.setFunctionArgs result (trivial.functionArgs result) // { inherit override; }
      else
        result
    );

  overrideDerivation =
    package: change:
    derivation (package.drvAttrs // change package)
    // {
      meta = package.meta or { };
      passthru = package.passthru or { };
    }
    // package.passthru or { };

  # A required argument that the set doesn't list is still selected from it: a set may answer for more
  # names than it lists.
  callPackageWith =
    available: f: args:
    let
      function = load f;
      formals = trivial.functionArgs function;
      given = intersectAttrs formals available // args;
      unlisted = builtins.filter (name: !formals.${name}) (attrNames (removeAttrs formals (attrNames given)));
      selected = attrsets.genAttrs unlisted (name: available.${name} or (missing (available // args) name));
      # Missing arguments are reported at the call, not when the function happens to use them.
      checked = builtins.foldl' (all: name: builtins.seq selected.${name} all) given unlisted;
    in
    customisation.makeOverridable function (checked // selected);
  callPackagesWith =
    available: f: args:
    let
      function = load f;
      likeF = trivial.mirrorFunctionArgs function;
      given = intersectAttrs (trivial.functionArgs function) available // args;
      result = function given;
      member = name: _value: customisation.makeOverridable (likeF (changed: (function changed).${name})) given;
    in
    if attrsets.isDerivation result then
      throw "callPackages: the function gives the single package \"${result.name or "?"}\", use callPackage"
    else
      mapAttrs member result;

  makeScope =
    newScope: packages:
    let
      scope =
        { callPackage = scope.newScope { }; }
        // packages scope
        // {
          inherit packages;
          newScope = extra: newScope (scope // extra);
          overrideScope = overlay: customisation.makeScope newScope (fixedPoints.extends overlay packages);
        };
    in
    scope;

  # `condition` is checked when the package is used, not when its set is looked at.
  extendDerivation =
    condition: extra: package:
    let
      guarded = output: {
        drvPath =
          assert condition;
          output.drvPath;
        outPath =
          assert condition;
          output.outPath;
      };
      outputs = attrsets.genAttrs (package.outputs or [ "out" ]) (
        name:
        common
        // {
          inherit (package.${name}) type outputName;
          outputSpecified = true;
        }
        // guarded package.${name}
      );
      common =
        package
        // outputs
        // {
          all = map (name: outputs.${name}) (package.outputs or [ "out" ]);
        }
        // extra
        // guarded package;
    in
    common;
}
