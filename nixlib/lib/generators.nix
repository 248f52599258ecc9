# Values as text: configuration formats, and Nix itself for people to read.
{
  attrsets,
  generators,
  lists,
  strings,
  trivial,
  ...
}:
let
  inherit (builtins) concatStringsSep isAttrs isList mapAttrs typeOf;
  inherit (attrsets) isDerivation mapAttrsToList;
  inherit (strings) concatMapStringsSep;

  # What stands before the items of a bracketed form, and before its closing bracket.
  gaps =
    multiline: indent:
    if multiline then
      {
        open = "\n${indent}  ";
        close = "\n${indent}";
      }
    else
      {
        open = " ";
        close = " ";
      };

  prettyString =
    multiline: gap: text:
    let
      lines = builtins.filter builtins.isString (builtins.split "\n" text);
      block = concatMapStringsSep gap.open (builtins.replaceStrings [ "''" "\${" ] [ "'''" "''\${" ]) lines;
      # A text that ends in a line feed has an empty last line: the closing quotes stand there.
      ending = if lists.last lines == "" then strings.removeSuffix gap.open block + gap.close else block;
      quoted = concatMapStringsSep "\\n" (strings.escape [
        "\\"
        "\""
        "\${"
      ]) lines;
    in
    if multiline && builtins.length lines > 1 then "''${gap.open}${ending}''" else "\"${quoted}\"";

  prettyFunction =
    f:
    let
      show = name: hasDefault: if hasDefault then "${name}?" else name;
      formals = trivial.functionArgs f;
    in
    if formals == { } then
      "<function>"
    else
      "<function, args: {${concatStringsSep ", " (mapAttrsToList show formals)}}>";

  # `key<separator>value` lines of a set, a list giving a line for each element if asked for.
  keyValueLines =
    {
      mkKeyValue ? generators.mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    set:
    let
      line = name: value: "${indent}${mkKeyValue name value}\n";
      lines = name: value: map (line name) (if listsAsDuplicateKeys && isList value then value else [ value ]);
    in
    builtins.concatLists (mapAttrsToList lines set);

  luaName = "[[:alpha:]_][[:alnum:]_]*(\\.[[:alpha:]_][[:alnum:]_]*)*";
in
{
  mkValueStringDefault =
    { }:
    value:
    let
      unsupported =
        what: abort "mkValueStringDefault: there is no text for ${what}: ${generators.toPretty { } value}";
      byType = {
        int = toString value;
        float = strings.floatToString value;
        string = value;
        bool = trivial.boolToString value;
        null = "null";
        list = unsupported "a list";
        set = if isDerivation value then toString value else unsupported "a set";
        lambda = unsupported "a function";
        path = unsupported "a path";
      };
    in
    byType.${typeOf value};
  mkKeyValueDefault =
    {
      mkValueString ? generators.mkValueStringDefault { },
    }:
    separator: name: value:
    "${strings.escape [ separator ] name}${separator}${mkValueString value}";
  mkLuaInline = expr: {
    _type = "lua-inline";
    inherit expr;
  };

  toJSON = { }: builtins.toJSON;
  # JSON is YAML.
  toYAML = { }: builtins.toJSON;
  toKeyValue = options: set: concatStringsSep "" (keyValueLines options set);
  toINI =
    {
      mkSectionName ? strings.escape [
        "["
        "]"
      ],
      mkKeyValue ? generators.mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    sections:
    let
      section =
        name: values:
        "[${mkSectionName name}]\n" + generators.toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values;
    in
    concatStringsSep "\n" (mapAttrsToList section sections);
  toINIWithGlobalSection =
    options@{
      mkKeyValue ? generators.mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      ...
    }:
    {
      globalSection,
      sections ? { },
    }:
    let
      global = generators.toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection;
    in
    (if globalSection == { } then "" else global + "\n") + generators.toINI options sections;
  toGitINI =
    set:
    let
      quoted =
        text: "\"${builtins.replaceStrings [ "\\" "\"" "\n" "\t" ] [ "\\\\" "\\\"" "\\n" "\\t" ] text}\"";
      mkValueString =
        value: if builtins.isString value then quoted value else generators.mkValueStringDefault { } value;
      keyValue = generators.mkKeyValueDefault { inherit mkValueString; } " = ";
      # Everything behind the first dot is a subsection: `[section "rest"]`.
      header =
        name:
        let
          parts = strings.splitString "." name;
        in
        if builtins.length parts == 1 || strings.hasInfix "\"" name then
          name
        else
          "${builtins.head parts} \"${concatStringsSep "." (builtins.tail parts)}\"";
      # A set within a section opens a section of its own; the rest are the lines of this one.
      visit =
        section: values:
        let
          nested = attrsets.filterAttrs (_name: value: isAttrs value && !isDerivation value) values;
          lines = removeAttrs values (builtins.attrNames nested);
          # A section without lines is shown only if nothing else would show it.
          own = if lines == { } && nested != { } then [ ] else [ { ${section} = lines; } ];
        in
        own ++ builtins.concatLists (mapAttrsToList (name: visit "${section}.${name}") nested);
    in
    generators.toINI {
      mkSectionName = header;
      listsAsDuplicateKeys = true;
      mkKeyValue = name: value: "\t" + keyValue name value;
    } (builtins.foldl' attrsets.recursiveUpdate { } (builtins.concatLists (mapAttrsToList visit set)));

  # Replaces what lies deeper than the limit by a marker, or fails there.
  withRecursion =
    {
      depthLimit,
      throwOnDepthLimit ? true,
    }:
    let
      # Names that describe how to print or call a set are no content, and are not descended into.
      special = [
        "__functor"
        "__functionArgs"
        "__toString"
        "__pretty"
      ];
      tooDeep =
        if throwOnDepthLimit then
          throw "withRecursion: the value is nested deeper than ${toString depthLimit} levels"
        else
          "<unevaluated>";
      # A value that holds no others counts as one level deeper than the one it stands in.
      shorten =
        depth: value:
        let
          inside = name: given: if builtins.elem name special then given else shorten (depth + 1) given;
        in
        if depth > depthLimit then
          tooDeep
        else if isAttrs value then
          mapAttrs inside value
        else if isList value then
          map (shorten (depth + 1)) value
        else if depth + 1 > depthLimit then
          tooDeep
        else
          value;
    in
    assert builtins.isInt depthLimit;
    shorten 0;

  toPretty =
    {
      multiline ? true,
      allowPrettyValues ? false,
      indent ? "",
    }:
    let
      show =
        indent: value:
        let
          gap = gaps multiline indent;
          inner = show "${indent}  ";
          bracketed =
            open: close: items:
            open + gap.open + concatStringsSep gap.open items + gap.close + close;
          attribute =
            name: given:
            "${strings.escapeNixIdentifier name} = ${
              builtins.addErrorContext "while evaluating an attribute `${name}`" (inner given)
            };";
          set =
            if allowPrettyValues && value ? __pretty && value ? val then
              value.__pretty value.val
            else if value == { } then
              "{ }"
            else if isDerivation value then
              "<derivation ${value.name or "???"}>"
            else if trivial.isFunction value then
              prettyFunction value
            else
              bracketed "{" "}" (mapAttrsToList attribute value);
          byType = {
            int = toString value;
            float = builtins.toJSON value;
            string = prettyString multiline gap value;
            bool = trivial.boolToString value;
            null = "null";
            path = toString value;
            list = if value == [ ] then "[ ]" else bracketed "[" "]" (map inner value);
            lambda = prettyFunction value;
            inherit set;
          };
        in
        byType.${typeOf value};
    in
    show indent;

  toLua =
    {
      multiline ? true,
      indent ? "",
      asBindings ? false,
    }:
    let
      show =
        indent: value:
        let
          gap = gaps multiline indent;
          inner = show "${indent}  ";
          table =
            items:
            if items == [ ] then
              "{}"
            else
              "{" + gap.open + concatStringsSep ",${gap.open}" items + gap.close + "}";
          field = name: given: "[${builtins.toJSON name}] = ${inner given}";
          set =
            if (value._type or null) == "lua-inline" then
              "(${value.expr})"
            else if isDerivation value then
              builtins.toJSON "${value}"
            else
              table (mapAttrsToList field value);
          byType = {
            int = builtins.toJSON value;
            float = builtins.toJSON value;
            string = builtins.toJSON value;
            bool = builtins.toJSON value;
            null = "nil";
            path = builtins.toJSON "${value}";
            list = table (map inner value);
            lambda = abort "toLua: Lua has no literal for a function";
            inherit set;
          };
        in
        byType.${typeOf value};
      binding =
        name: value:
        if builtins.match luaName name == null then
          throw "toLua: \"${name}\" is no name of a Lua variable"
        else
          "${indent}${name} = ${show indent value}\n";
    in
    value: if asBindings then concatStringsSep "" (mapAttrsToList binding value) else show indent value;
}
