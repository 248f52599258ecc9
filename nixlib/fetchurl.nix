# `<nix/fetchurl.nix>`: a download as a derivation that Nix itself builds. Names, defaults and order of the attributes
# decide the hash of every download in nixpkgs, so they are what Nix has.
{
  url,
  name ? baseNameOf (toString url),
  executable ? false,
  unpack ? false,
  impure ? false,
  # The hash, in SRI form or by an attribute of its algorithm's name.
  hash ? "",
  md5 ? "",
  sha1 ? "",
  sha256 ? "",
  sha512 ? "",
  outputHash ?
    if hash != "" then
      hash
    else
      builtins.foldl' (found: other: if found != "" then found else other) "" [
        sha512
        sha1
        md5
        sha256
      ],
  outputHashAlgo ?
    if hash != "" then
      ""
    else if sha512 != "" then
      "sha512"
    else if sha1 != "" then
      "sha1"
    else if md5 != "" then
      "md5"
    else
      "sha256",
  # Taken and ignored.
  system ? "",
}:
derivation (
  {
    inherit
      executable
      name
      unpack
      url
      ;
    builder = "builtin:fetchurl";
    system = "builtin";
    outputHashMode = if executable || unpack then "recursive" else "flat";
    preferLocalBuild = true;
    urls = [ url ];
    impureEnvVars = map (protocol: "${protocol}_proxy") [
      "http"
      "https"
      "ftp"
      "all"
      "no"
    ];
  }
  // (if impure then { __impure = true; } else { inherit outputHash outputHashAlgo; })
)
