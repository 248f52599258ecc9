# Small combinators, numbers, and messages.
{
  lists,
  strings,
  trivial,
  ...
}:
let
  hexDigits = [
    "0"
    "1"
    "2"
    "3"
    "4"
    "5"
    "6"
    "7"
    "8"
    "9"
    "A"
    "B"
    "C"
    "D"
    "E"
    "F"
  ];
  hexValue = builtins.listToAttrs (
    lists.imap0 (value: name: { inherit name value; }) hexDigits
    ++ lists.imap0 (value: digit: {
      name = strings.toLower digit;
      inherit value;
    }) hexDigits
  );
in
{
  inherit (builtins)
    add
    bitAnd
    bitOr
    bitXor
    ceil
    deepSeq
    div
    floor
    genericClosure
    isBool
    isFloat
    isInt
    lessThan
    mul
    pathExists
    readFile
    seq
    sub
    ;

  id = value: value;
  const = kept: _ignored: kept;
  flip =
    f: second: first:
    f first second;
  pipe = builtins.foldl' (value: step: step value);
  concat = front: back: front ++ back;
  or = left: right: left || right;
  and = left: right: left && right;
  xor = left: right: left != right;
  # In two's complement the complement of n is -1 - n.
  bitNot = n: (-1) - n;

  boolToString = flag: if flag then "true" else "false";
  boolToYesNo = flag: if flag then "yes" else "no";
  mergeAttrs = left: right: left // right;
  defaultTo = fallback: value: if value != null then value else fallback;
  mapNullable = f: value: if value != null then f value else null;

  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  # The remainder has the sign of the dividend, like the division it belongs to.
  mod = dividend: divisor: dividend - (dividend / divisor) * divisor;
  compare =
    a: b:
    if a < b then
      -1
    else if b < a then
      1
    else
      0;
  # Those for which `belongs` holds come first; within each part its own order decides.
  splitByAndCompare =
    belongs: compareInside: compareOutside: a: b:
    let
      left = belongs a;
      right = belongs b;
    in
    if left && right then
      compareInside a b
    else if left then
      -1
    else if right then
      1
    else
      compareOutside a b;

  toHexString = n: builtins.concatStringsSep "" (map (builtins.elemAt hexDigits) (trivial.toBaseDigits 16 n));
  fromHexString =
    text:
    let
      prefixed = builtins.match "0[xX](.*)" text;
      digits = strings.stringToCharacters (if prefixed == null then text else builtins.head prefixed);
      value =
        digit:
        hexValue.${digit} or (throw "fromHexString: \"${text}\" is not a hexadecimal number");
    in
    if digits == [ ] then
      throw "fromHexString: \"${text}\" is not a hexadecimal number"
    else
      builtins.foldl' (total: digit: total * 16 + value digit) 0 digits;
  toBaseDigits =
    base: n:
    let
      grow =
        digits: rest:
        if rest < base then
          [ rest ] ++ digits
        else
          grow ([ (trivial.mod rest base) ] ++ digits) (rest / base);
    in
    assert builtins.isInt base && builtins.isInt n;
    assert base >= 2;
    assert n >= 0;
    grow [ ] n;

  importJSON = file: builtins.fromJSON (builtins.readFile file);
  importTOML = file: builtins.fromTOML (builtins.readFile file);

  warn = builtins.warn or (message: builtins.trace "evaluation warning: ${message}");
  warnIf = condition: message: if condition then trivial.warn message else trivial.id;
  warnIfNot = condition: trivial.warnIf (!condition);
  throwIf = condition: message: if condition then throw message else trivial.id;
  throwIfNot = condition: trivial.throwIf (!condition);
  info = message: builtins.trace "INFO: ${message}";
  showWarnings = messages: value: lists.foldr trivial.warn value messages;
  checkListOfEnum =
    what: allowed: given:
    let
      strangers = lists.subtractLists allowed given;
      show = builtins.concatStringsSep ", ";
    in
    trivial.throwIfNot (strangers == [ ])
      "${what}: ${show strangers} is not among ${show allowed}";

  # A set with a `__functor` counts as a function too, and may carry its own argument list.
  isFunction = f: builtins.isFunction f || (f ? __functor && trivial.isFunction (f.__functor f));
  functionArgs =
    f:
    if f ? __functor then
      f.__functionArgs or (trivial.functionArgs (f.__functor f))
    else
      builtins.functionArgs f;
  setFunctionArgs = f: args: {
    __functor = _self: f;
    __functionArgs = args;
  };
  mirrorFunctionArgs =
    original:
    let
      # Bound outside, so that one original serves many functions with a single look.
      args = trivial.functionArgs original;
    in
    f: trivial.setFunctionArgs f args;
  toFunction = value: if trivial.isFunction value then value else _ignored: value;

  inNixShell = builtins.getEnv "IN_NIX_SHELL" != "";
  inPureEvalMode = !(builtins ? currentSystem);

  # The release of nixpkgs whose functions this library follows.
  release = "26.11";
  version = "26.11-repx";
  versionSuffix = "-repx";
  codeName = "host";
  nixpkgsVersion = trivial.version;
  oldestSupportedRelease = 2605;
  isInOldestRelease = trivial.oldestSupportedReleaseIsAtLeast;
  oldestSupportedReleaseIsAtLeast = release: trivial.oldestSupportedRelease >= release;
  revisionWithDefault = fallback: fallback;
}
