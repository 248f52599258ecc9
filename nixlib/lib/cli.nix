# Command lines from attribute sets: a true flag stands alone, false and null leave nothing, a list
# repeats its option.
{
  attrsets,
  cli,
  generators,
  strings,
  ...
}:
let
  inherit (builtins) concatMap isBool isList;

  isLongName = name: builtins.stringLength name > 1;
  showValue = generators.mkValueStringDefault { };
  withArgument =
    option: separator: text:
    if separator == null then
      [
        option
        text
      ]
    else
      [ "${option}${separator}${text}" ];
in
{
  # `describe` gives for an option's name { option, sep, explicitBool, formatArg }.
  toCommandLine =
    describe: options:
    let
      render =
        name: value:
        let
          how = describe name;
          format = how.formatArg or showValue;
        in
        if value == null || (value == false && !how.explicitBool) then
          [ ]
        else if value == true && !how.explicitBool then
          [ how.option ]
        else
          withArgument how.option how.sep (format value);
      each =
        name: value:
        if name == "" then
          throw "toCommandLine: an option needs a name"
        else if isList value then
          concatMap (render name) value
        else
          render name value;
    in
    builtins.concatLists (attrsets.mapAttrsToList each options);
  toCommandLineShell = describe: options: strings.escapeShellArgs (cli.toCommandLine describe options);
  toCommandLineGNU =
    {
      isLong ? isLongName,
      explicitBool ? false,
      formatArg ? showValue,
    }:
    cli.toCommandLine (name: {
      option = (if isLong name then "--" else "-") + name;
      sep = if isLong name then "=" else "";
      inherit explicitBool formatArg;
    });
  toCommandLineShellGNU = how: options: strings.escapeShellArgs (cli.toCommandLineGNU how options);

  # The older form, with a hook for each kind of value.
  toGNUCommandLine =
    {
      mkOptionName ? name: if isLongName name then "--${name}" else "-${name}",
      mkBool ? name: value: if value then [ (mkOptionName name) ] else [ ],
      mkList ? name: concatMap (mkOption name),
      mkOption ?
        name: value:
        if value == null then
          [ ]
        else
          withArgument (mkOptionName name) optionValueSeparator (showValue value),
      optionValueSeparator ? null,
    }:
    let
      render =
        name: value:
        let
          make =
            if isBool value then
              mkBool
            else if isList value then
              mkList
            else
              mkOption;
        in
        make name value;
    in
    options: builtins.concatLists (attrsets.mapAttrsToList render options);
  toGNUCommandLineShell = how: options: strings.escapeShellArgs (cli.toGNUCommandLine how options);
}
