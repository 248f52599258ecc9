# Strings.
{
  attrsets,
  lists,
  strings,
  trivial,
  asserts,
  ...
}:
let
  inherit (builtins)
    concatStringsSep
    elemAt
    head
    isString
    match
    replaceStrings
    stringLength
    substring
    ;

  chars = strings.stringToCharacters;

  # Every printable ASCII character in order, so that a position gives its code. Tab, line feed and
  # carriage return are the only others that a Nix string literal can name.
  printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
  asciiCodes =
    builtins.listToAttrs (
      lists.imap0 (index: name: {
        inherit name;
        value = index + 32;
      }) (chars printable)
    )
    // {
      "\t" = 9;
      "\n" = 10;
      "\r" = 13;
    };
  twoHexDigits = n: strings.fixedWidthString 2 "0" (trivial.toHexString n);

  keywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];

  # The number of leading positions at which `same` holds, at most `limit`.
  agreeing =
    same: limit:
    let
      go = index: if index < limit && same index then go (index + 1) else index;
    in
    go 0;
  charAt = text: index: substring index 1 text;

  # `-Dname:TYPE=value` and its relatives check their arguments, or a swapped pair goes unnoticed.
  option =
    feature: value:
    assert isString feature;
    assert isString value;
    "-D${feature}=${value}";
  switch =
    yes: no: flag: feature:
    assert builtins.isBool flag;
    assert isString feature;
    "--${if flag then yes else no}-${feature}";

  parseNumber =
    caller: regex: text:
    let
      found = match regex text;
      number = builtins.fromJSON (head found);
      shown = strings.escapeNixString text;
    in
    if found == null then
      throw "${caller}: ${shown} is not an integer"
    else if match "-?0[0-9]+" (head found) != null then
      throw "${caller}: ${shown} has leading zeros, which some read as octal; toIntBase10 does not"
    else if !builtins.isInt number then
      throw "${caller}: ${shown} is not an integer"
    else
      number;
in
{
  inherit (builtins)
    appendContext
    compareVersions
    concatStringsSep
    elem
    elemAt
    filter
    fromJSON
    genList
    head
    isAttrs
    isInt
    isList
    isPath
    isString
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  join = concatStringsSep;
  concatStrings = concatStringsSep "";
  concatLines = lines: if lines == [ ] then "" else concatStringsSep "\n" lines + "\n";
  concatMapStrings = f: list: concatStringsSep "" (map f list);
  concatMapStringsSep =
    separator: f: list:
    concatStringsSep separator (map f list);
  concatImapStrings = strings.concatImapStringsSep "";
  concatImapStringsSep =
    separator: f: list:
    concatStringsSep separator (lists.imap1 f list);
  concatMapAttrsStringSep =
    separator: f: set:
    concatStringsSep separator (attrsets.mapAttrsToList f set);
  intersperse =
    separator: list:
    let
      size = builtins.length list;
      # Elements stand at the even positions.
      at = position: if trivial.bitAnd position 1 == 1 then separator else elemAt list (position / 2);
    in
    if size < 2 then list else builtins.genList at (2 * size - 1);
  replicate = count: text: concatStringsSep "" (lists.replicate count text);
  optionalString = condition: text: if condition then text else "";

  stringToCharacters = text: builtins.genList (charAt text) (stringLength text);
  stringAsChars = f: text: strings.concatMapStrings f (chars text);
  charToInt = char: asciiCodes.${char};
  # Appending nothing of a string hands over its context alone.
  addContextFrom = source: target: substring 0 0 source + target;

  replaceString = from: to: replaceStrings [ from ] [ to ];
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      start = stringLength text - stringLength suffix;
    in
    start >= 0 && substring start (-1) text == suffix;
  # Removing it changes the string exactly if it is there; no pattern has to be compiled.
  hasInfix = infix: text: infix == "" || replaceStrings [ infix ] [ "" ] "${text}" != "${text}";
  removePrefix =
    prefix: text:
    if strings.hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
  removeSuffix =
    suffix: text:
    if strings.hasSuffix suffix text then
      substring 0 (stringLength text - stringLength suffix) text
    else
      text;
  trim = strings.trimWith {
    start = true;
    end = true;
  };
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    let
      blank = "[ \t\r\n]*";
      front = if start then blank else "";
      # The group ends in a non-blank, so that it can't reach into what follows it.
      pattern = if end then "${front}(.*[^ \t\r\n])${blank}" else "${front}(.*)";
    in
    text:
    let
      found = match pattern text;
    in
    if found == null then "" else head found;
  commonPrefixLength =
    a: b:
    agreeing (index: charAt a index == charAt b index) (trivial.min (stringLength a) (stringLength b));
  commonSuffixLength =
    a: b:
    let
      fromEnd = text: index: charAt text (stringLength text - 1 - index);
    in
    agreeing (index: fromEnd a index == fromEnd b index) (trivial.min (stringLength a) (stringLength b));

  splitString =
    separator: text:
    let
      # A list among the pieces stands for a separator.
      pieces = builtins.split (strings.escapeRegex (toString separator)) (toString text);
    in
    map (strings.addContextFrom text) (builtins.filter isString pieces);
  splitStringBy =
    isBoundary: keep: text:
    let
      size = stringLength text;
      cuts = builtins.filter (
        index: isBoundary (if index == 0 then "" else charAt text (index - 1)) (charAt text index)
      ) (builtins.genList trivial.id size);
      # A kept boundary character opens the next part, otherwise it is skipped.
      starts = [ 0 ] ++ (if keep then cuts else map (cut: cut + 1) cuts);
      ends = cuts ++ [ size ];
    in
    map (strings.addContextFrom text) (
      lists.zipListsWith (start: end: substring start (end - start) text) starts ends
    );

  makeSearchPath =
    directory: paths:
    concatStringsSep ":" (map (path: path + "/" + directory) (lists.remove null paths));
  makeSearchPathOutput =
    output: directory: packages:
    strings.makeSearchPath directory (map (attrsets.getOutput output) packages);
  makeBinPath = strings.makeSearchPathOutput "bin" "bin";
  makeLibraryPath = strings.makeSearchPathOutput "lib" "lib";
  makeIncludePath = strings.makeSearchPathOutput "dev" "include";
  normalizePath =
    path: concatStringsSep "/" (
      let
        parts = strings.splitString "/" path;
        end = builtins.length parts - 1;
      in
      # The empty parts at both ends stand for a leading and a trailing slash, those between for doubled ones.
      if stringLength path > 0 && match "/+" path != null then
        [
          ""
          ""
        ]
      else
        lists.ifilter0 (index: part: part != "" || index == 0 || index == end) parts
    );

  escape = specials: replaceStrings specials (map (char: "\\" + char) specials);
  escapeC =
    specials:
    let
      code = char: "\\x" + strings.toLower (twoHexDigits (strings.charToInt char));
    in
    replaceStrings specials (map code specials);
  escapeURL =
    let
      reserved = builtins.filter (char: match "[A-Za-z0-9._~-]" char == null) (builtins.attrNames asciiCodes);
    in
    replaceStrings reserved (map (char: "%" + twoHexDigits asciiCodes.${char}) reserved);
  escapeRegex = strings.escape (chars "\\[{()^$?*+|.");
  escapeXML =
    replaceStrings
      [
        "&"
        "<"
        ">"
        "\""
        "'"
      ]
      [
        "&amp;"
        "&lt;"
        "&gt;"
        "&quot;"
        "&apos;"
      ];
  # Words a shell reads as they stand are left alone, for the sake of readable scripts.
  escapeShellArg =
    value:
    let
      text = toString value;
    in
    if match "[[:alnum:],._+:@%/-]+" text != null then
      text
    else
      "'" + replaceStrings [ "'" ] [ "'\\''" ] text + "'";
  escapeShellArgs = strings.concatMapStringsSep " " strings.escapeShellArg;
  escapeNixString = text: replaceStrings [ "$" ] [ "\\$" ] (builtins.toJSON text);
  escapeNixIdentifier =
    name:
    if match "[A-Za-z_][A-Za-z0-9_'-]*" name != null && !builtins.elem name keywords then
      name
    else
      strings.escapeNixString name;
  isValidPosixName = name: match "[A-Za-z_][A-Za-z0-9_]*" name != null;
  toShellVar =
    name: value:
    let
      element = key: item: "[${strings.escapeShellArg key}]=${strings.escapeShellArg item}";
    in
    if !strings.isValidPosixName name then
      throw "toShellVar: no shell variable can be called \"${name}\""
    else if builtins.isList value then
      "declare -a ${name}=(${strings.escapeShellArgs value})"
    else if builtins.isAttrs value && !strings.isStringLike value then
      "declare -A ${name}=(${strings.concatMapAttrsStringSep " " element value})"
    else
      "${name}=${strings.escapeShellArg value}";
  toShellVars = strings.concatMapAttrsStringSep "\n" strings.toShellVar;

  lowerChars = chars "abcdefghijklmnopqrstuvwxyz";
  upperChars = chars "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  toLower = replaceStrings strings.upperChars strings.lowerChars;
  toUpper = replaceStrings strings.lowerChars strings.upperChars;
  toSentenceCase =
    text:
    if !isString text then
      throw "toSentenceCase: a string is needed, not a ${builtins.typeOf text}"
    else
      strings.toUpper (charAt text 0) + strings.toLower (substring 1 (-1) text);
  toCamelCase =
    text:
    let
      words = builtins.concatMap (strings.splitStringBy (
        before: here: match "[a-z]" before != null && match "[A-Z]" here != null
      ) true) (strings.splitStringBy (_before: here: match "[-_ ]" here != null) false text);
    in
    if !isString text then
      throw "toCamelCase: a string is needed, not a ${builtins.typeOf text}"
    else
      strings.toLower (head words) + strings.concatMapStrings strings.toSentenceCase (builtins.tail words);

  versionOlder = a: b: builtins.compareVersions a b < 0;
  versionAtLeast = a: b: builtins.compareVersions a b >= 0;
  getName =
    package:
    if isString package then
      (builtins.parseDrvName package).name
    else
      package.pname or (strings.getName package.name);
  getVersion =
    package:
    if isString package then
      (builtins.parseDrvName package).version
    else
      package.version or (strings.getVersion package.name);
  nameFromURL =
    url: separator:
    let
      file = lists.last (strings.splitString "/" url);
      name = head (strings.splitString separator file);
    in
    assert name != file;
    name;
  sanitizeDerivationName =
    text:
    let
      plain = builtins.unsafeDiscardStringContext text;
      # Leading dots are dropped; each run of other characters than these becomes one dash.
      pieces = builtins.split "[^[:alnum:]+._?=-]+" (head (match "\\.*(.*)" plain));
      dashed = strings.concatMapStrings (piece: if isString piece then piece else "-") pieces;
      # A store name has at most 211 bytes, ".drv" included; the end says more than the start.
      short = substring (trivial.max 0 (stringLength dashed - 207)) (-1) dashed;
    in
    if short == "" then "unknown" else short;

  cmakeOptionType =
    type: feature: value:
    assert builtins.elem (strings.toUpper type) [
      "BOOL"
      "FILEPATH"
      "INTERNAL"
      "LIST"
      "PATH"
      "STRING"
    ];
    assert isString feature;
    option "${feature}:${strings.toUpper type}" value;
  cmakeBool =
    feature: flag:
    assert builtins.isBool flag;
    strings.cmakeOptionType "BOOL" feature (if flag then "TRUE" else "FALSE");
  cmakeFeature = strings.cmakeOptionType "STRING";
  mesonOption = option;
  mesonBool =
    feature: flag:
    assert builtins.isBool flag;
    option feature (trivial.boolToString flag);
  mesonEnable =
    feature: flag:
    assert builtins.isBool flag;
    option feature (if flag then "enabled" else "disabled");
  enableFeature = switch "enable" "disable";
  withFeature = switch "with" "without";
  enableFeatureAs =
    flag: feature: value:
    strings.enableFeature flag feature + strings.optionalString flag "=${value}";
  withFeatureAs =
    flag: feature: value:
    strings.withFeature flag feature + strings.optionalString flag "=${value}";

  fixedWidthString =
    width: filler: text:
    let
      missing = width - stringLength text;
    in
    assert asserts.assertMsg (
      missing >= 0
    ) "fixedWidthString: \"${text}\" is longer than ${toString width} characters";
    if missing == 0 then text else filler + strings.fixedWidthString (width - stringLength filler) filler text;
  fixedWidthNumber = width: n: strings.fixedWidthString width "0" (toString n);
  floatToString =
    number:
    let
      text = toString number;
    in
    trivial.warnIf (
      builtins.fromJSON text != number
    ) "floatToString: ${text} is not exactly the number it stands for" text;
  toInt = parseNumber "toInt" "[[:space:]]*(-?[0-9]+)[[:space:]]*";
  toIntBase10 =
    text:
    if match "[[:space:]]*0+[[:space:]]*" text != null then
      0
    else
      parseNumber "toIntBase10" "[[:space:]]*0*(-?[0-9]+)[[:space:]]*" text;

  isStringLike = value: isString value || builtins.isPath value || value ? outPath || value ? __toString;
  isConvertibleWithToString =
    value:
    strings.isStringLike value
    || builtins.elem (builtins.typeOf value) [
      "bool"
      "float"
      "int"
      "null"
    ]
    || (builtins.isList value && lists.all strings.isConvertibleWithToString value);
  isStorePath =
    value:
    strings.isStringLike value
    && (
      let
        text = toString value;
      in
      charAt text 0 == "/"
      # The second form is what stands for the path of a content-addressed derivation not yet built.
      && (dirOf text == builtins.storeDir || match "/[0-9a-z]{52}" text != null)
    );

  fileContents = file: strings.removeSuffix "\n" (builtins.readFile file);

  # Wagner-Fischer, one row of distances at a time.
  levenshtein =
    a: b:
    let
      width = stringLength b;
      nextRow =
        above: index:
        builtins.foldl' (
          row: column:
          let
            change = if charAt a index == charAt b column then 0 else 1;
            best = trivial.min (trivial.min (elemAt above (column + 1) + 1) (elemAt row column + 1)) (
              elemAt above column + change
            );
          in
          row ++ [ best ]
        ) [ (index + 1) ] (builtins.genList trivial.id width);
      rows = builtins.foldl' nextRow (builtins.genList trivial.id (width + 1)) (
        builtins.genList trivial.id (stringLength a)
      );
    in
    elemAt rows width;
  levenshteinAtMost =
    limit: a: b:
    let
      difference = stringLength a - stringLength b;
    in
    # The difference in length is a lower bound, and costs nothing.
    trivial.max difference (-difference) <= limit && strings.levenshtein a b <= limit;
}
