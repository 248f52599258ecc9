# Parts of version strings.
{ lists, strings, versions, ... }:
let
  part = index: version: builtins.elemAt (builtins.splitVersion version) index;
in
{
  inherit (builtins) compareVersions splitVersion;
  major = part 0;
  minor = part 1;
  patch = part 2;
  majorMinor = version: "${versions.major version}.${versions.minor version}";
  # Brings the dotted front to `count` parts; what follows the first dash stays.
  pad =
    count: version:
    let
      halves = builtins.match "([^-]*)(-.*)?" version;
      numbers = strings.splitString "." (builtins.head halves);
      suffix = builtins.elemAt halves 1;
    in
    builtins.concatStringsSep "." (lists.take count (numbers ++ lists.replicate count "0"))
    + (if suffix == null then "" else suffix);
}
