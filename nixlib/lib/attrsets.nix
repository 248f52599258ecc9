# Attribute sets.
{
  attrsets,
  lists,
  strings,
  trivial,
  ...
}:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    elemAt
    filter
    foldl'
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  pair = name: value: { inherit name value; };

  # The combinations of lists, the last name varying fastest.
  combinations =
    set:
    foldl' (
      partials: name:
      concatMap (partial: map (value: partial // { ${name} = value; }) set.${name}) partials
    ) [ { } ] (attrNames set);

  # How many leading names of a path can be followed inside a value.
  reachable =
    path: start:
    let
      size = length path;
      go =
        depth: value:
        if depth >= size || !(isAttrs value && value ? ${elemAt path depth}) then
          depth
        else
          go (depth + 1) value.${elemAt path depth};
    in
    go 0 start;

  # One output of a multi-output package, or the package itself when it has no such output.
  outputOr =
    choose: package:
    if !(package ? outputSpecified) || !package.outputSpecified then choose package else package;
in
{
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  nameValuePair = pair;
  optionalAttrs = condition: set: if condition then set else { };

  hasAttrByPath = path: value: reachable path value == length path;
  longestValidPathPrefix = path: value: lists.take (reachable path value) path;
  attrByPath =
    path: fallback: start:
    let
      size = length path;
      go =
        depth: value:
        if depth >= size then
          value
        else if isAttrs value && value ? ${elemAt path depth} then
          go (depth + 1) value.${elemAt path depth}
        else
          fallback;
    in
    go 0 start;
  getAttrFromPath =
    path: value:
    attrsets.attrByPath path (abort "getAttrFromPath: there is no '${builtins.concatStringsSep "." path}'") value;
  setAttrByPath = path: value: lists.foldr (name: inner: { ${name} = inner; }) value path;
  updateManyAttrsByPath =
    updates: start:
    let
      dotted = builtins.concatStringsSep ".";
      # Applies the updates whose paths agree up to `depth`. They are grouped by the next name, so a set
      # on the way is rebuilt once. An absent value is a thunk that fails when an update reads it.
      apply =
        depth: present: value: todo:
        let
          inherit (builtins.partition (update: length update.path == depth) todo) right wrong;
          route = (head wrong).path;
          old = if present then value else { };
          fail = path: problem: throw "updateManyAttrsByPath: '${dotted path}' ${problem}";
          child =
            name:
            let
              absent = fail (lists.take depth route ++ [ name ]) "is missing, but an update reads it";
            in
            apply (depth + 1) (old ? ${name}) (old.${name} or absent);
          changed =
            if wrong == [ ] then
              value
            else if isAttrs old then
              old // mapAttrs child (builtins.groupBy (update: elemAt update.path depth) wrong)
            else
              fail (lists.take depth route) "holds no attributes, so '${dotted route}' can't be updated";
        in
        lists.foldl (value: update: update.update value) changed right;
    in
    apply 0 true start updates;

  attrVals = names: set: map (name: set.${name}) names;
  getAttrs = names: set: mapAttrs (name: _null: set.${name}) (attrsets.genAttrs names (_name: null));
  genAttrs = names: f: listToAttrs (map (name: pair name (f name)) names);
  genAttrs' = values: f: listToAttrs (map f values);
  attrsToList = attrsets.mapAttrsToList pair;
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
  concatMapAttrs = f: set: attrsets.mergeAttrsList (attrsets.mapAttrsToList f set);
  foldlAttrs = f: start: set: foldl' (acc: name: f acc name set.${name}) start (attrNames set);
  foldAttrs =
    f: start: sets:
    zipAttrsWith (_name: lists.foldr f start) sets;
  collect =
    predicate: value:
    if predicate value then
      [ value ]
    else if isAttrs value then
      concatMap (attrsets.collect predicate) (attrValues value)
    else
      [ ];

  # Dropping the few beats rebuilding the many: nothing is copied when everything passes.
  filterAttrs = predicate: set: removeAttrs set (filter (name: !predicate name set.${name}) (attrNames set));
  filterAttrsRecursive =
    predicate: set:
    mapAttrs (
      _name: value: if isAttrs value then attrsets.filterAttrsRecursive predicate value else value
    ) (attrsets.filterAttrs predicate set);

  mapAttrsRecursive = attrsets.mapAttrsRecursiveCond (_set: true);
  mapAttrsRecursiveCond =
    descend: f: set:
    let
      below = path: mapAttrs (name: value: visit (path ++ [ name ]) value);
      visit = path: value: if isAttrs value && descend value then below path value else f path value;
    in
    below [ ] set;
  mapAttrsToListRecursive = attrsets.mapAttrsToListRecursiveCond (_path: _set: true);
  mapAttrsToListRecursiveCond =
    descend: f: set:
    let
      below = path: value: concatMap (name: visit (path ++ [ name ]) value.${name}) (attrNames value);
      visit =
        path: value: if isAttrs value && descend path value then below path value else [ (f path value) ];
    in
    below [ ] set;

  # Pairwise, so that a long list costs a logarithmic number of copies of each attribute.
  mergeAttrsList =
    sets:
    let
      merge =
        start: count:
        if count == 1 then
          elemAt sets start
        else
          let
            half = count / 2;
          in
          merge start half // merge (start + half) (count - half);
    in
    if sets == [ ] then { } else merge 0 (length sets);

  # The left side is extended, not rebuilt: the cost follows the size of the right one.
  recursiveUpdateUntil =
    stop:
    let
      update =
        path: left: right:
        left
        // mapAttrs (
          name: new:
          let
            here = path ++ [ name ];
            old = left.${name};
          in
          if left ? ${name} && !stop here old new then update here old new else new
        ) right;
    in
    update [ ];
  recursiveUpdate = attrsets.recursiveUpdateUntil (_path: old: new: !(isAttrs old && isAttrs new));
  overrideExisting = old: new: old // intersectAttrs old new;
  unionOfDisjoint =
    left: right:
    let
      shared = intersectAttrs left right;
      clash =
        name:
        throw "unionOfDisjoint: ${name} is in both sets (as are all of: ${builtins.concatStringsSep ", " (attrNames shared)})";
    in
    # Only the doubtful attributes fail, the others stay usable.
    left // right // mapAttrs (name: _value: clash name) shared;
  matchAttrs =
    pattern: set:
    lists.all (
      name:
      set ? ${name}
      && (
        if isAttrs pattern.${name} then
          isAttrs set.${name} && attrsets.matchAttrs pattern.${name} set.${name}
        else
          pattern.${name} == set.${name}
      )
    ) (attrNames pattern);

  zipAttrsWithNames =
    names: f: sets:
    attrsets.genAttrs names (name: f name (builtins.catAttrs name sets));
  zipAttrs = zipAttrsWith (_name: values: values);

  cartesianProduct = combinations;
  cartesianProductOfSets = combinations;
  mapCartesianProduct = f: set: map f (combinations set);

  isDerivation = value: (value.type or null) == "derivation";
  toDerivation =
    path:
    let
      storePath = builtins.storePath path;
    in
    {
      type = "derivation";
      name = strings.sanitizeDerivationName (builtins.substring 33 (-1) (baseNameOf storePath));
      outPath = storePath;
      outputs = [ "out" ];
      outputName = "out";
      out = attrsets.toDerivation path;
    };
  getOutput = output: outputOr (package: package.${output} or package.out or package);
  getFirstOutput =
    candidates:
    outputOr (
      package:
      let
        present = filter (output: package ? ${output}) candidates;
      in
      if present == [ ] then package else package.${head present}
    );
  getBin = attrsets.getOutput "bin";
  getLib = attrsets.getOutput "lib";
  getDev = attrsets.getOutput "dev";
  getInclude = attrsets.getFirstOutput [
    "include"
    "dev"
    "out"
  ];
  getStatic = attrsets.getFirstOutput [
    "static"
    "lib"
    "out"
  ];
  getMan = attrsets.getOutput "man";
  chooseDevOutputs = map attrsets.getDev;

  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };
  showAttrPath =
    path:
    if path == [ ] then
      "<root attribute path>"
    else
      strings.concatMapStringsSep "." strings.escapeNixIdentifier path;
}
