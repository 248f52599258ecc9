# What packages say of themselves. Licences and platforms are here so that a `meta` copied from a
# package reads as it stands; they carry no judgement.
{ attrsets, meta, strings, trivial, ... }:
let
  license = free: spdxId: fullName: {
    inherit free fullName spdxId;
    shortName = strings.toLower spdxId;
    deprecated = false;
    redistributable = free;
  };
  open = license true;
in
{
  setName = name: package: package // { inherit name; };
  updateName = change: package: package // { name = change package.name; };
  appendToName =
    suffix:
    meta.updateName (
      name:
      let
        parsed = builtins.parseDrvName name;
      in
      "${parsed.name}-${suffix}-${parsed.version}"
    );
  addMetaAttrs = extra: package: package // { meta = package.meta or { } // extra; };
  setPrio = priority: meta.addMetaAttrs { inherit priority; };
  lowPrio = meta.setPrio 10;
  hiPrio = meta.setPrio (-10);
  dontDistribute = meta.addMetaAttrs { hydraPlatforms = [ ]; };
  availableOn = _platform: _package: true;

  getExe' =
    package: program:
    assert builtins.isString program && builtins.match ".*/.*" program == null;
    "${attrsets.getBin package}/bin/${program}";
  getExe =
    package:
    meta.getExe' package (
      let
        name = strings.getName package;
      in
      package.meta.mainProgram or (trivial.warn "getExe: no meta.mainProgram in ${name}, so its own name is taken" name)
    );

  platforms =
    let
      linux = [
        "x86_64-linux"
        "aarch64-linux"
        "armv7l-linux"
        "i686-linux"
        "powerpc64le-linux"
        "riscv64-linux"
      ];
      darwin = [
        "x86_64-darwin"
        "aarch64-darwin"
      ];
    in
    {
      inherit linux darwin;
      unix = linux ++ darwin;
      all = linux ++ darwin;
      none = [ ];
    };
  maintainers = { };
  licenses = {
    agpl3Only = open "AGPL-3.0-only" "GNU Affero General Public License v3.0 only";
    agpl3Plus = open "AGPL-3.0-or-later" "GNU Affero General Public License v3.0 or later";
    asl20 = open "Apache-2.0" "Apache License 2.0";
    bsd2 = open "BSD-2-Clause" "BSD 2-clause \"Simplified\" License";
    bsd3 = open "BSD-3-Clause" "BSD 3-clause \"New\" or \"Revised\" License";
    cc-by-40 = open "CC-BY-4.0" "Creative Commons Attribution 4.0";
    cc-by-sa-40 = open "CC-BY-SA-4.0" "Creative Commons Attribution Share Alike 4.0";
    cc0 = open "CC0-1.0" "Creative Commons Zero v1.0 Universal";
    gpl2Only = open "GPL-2.0-only" "GNU General Public License v2.0 only";
    gpl2Plus = open "GPL-2.0-or-later" "GNU General Public License v2.0 or later";
    gpl3Only = open "GPL-3.0-only" "GNU General Public License v3.0 only";
    gpl3Plus = open "GPL-3.0-or-later" "GNU General Public License v3.0 or later";
    isc = open "ISC" "ISC License";
    lgpl3Only = open "LGPL-3.0-only" "GNU Lesser General Public License v3.0 only";
    lgpl3Plus = open "LGPL-3.0-or-later" "GNU Lesser General Public License v3.0 or later";
    mit = open "MIT" "MIT License";
    mpl20 = open "MPL-2.0" "Mozilla Public License 2.0";
    unlicense = open "Unlicense" "The Unlicense";
    unfree = {
      deprecated = false;
      free = false;
      fullName = "Unfree";
      redistributable = false;
      shortName = "unfree";
    };
  };
}
