# Helpers around derivations.
{ attrsets, derivations, trivial, ... }:
{
  inherit (builtins) unsafeDiscardOutputDependency;
  addDrvOutputDependencies = builtins.addDrvOutputDependencies or trivial.id;

  # An attribute that is null is not passed to the builder.
  optionalDrvAttr = condition: value: if condition then value else null;

  # A package whose shape is known before the derivation behind it is evaluated.
  lazyDerivation =
    {
      derivation,
      outputs ? [ "out" ],
      meta ? derivation.meta,
      passthru ? { },
    }:
    attrsets.genAttrs outputs (name: derivation.${name})
    // {
      type = "derivation";
      inherit outputs meta;
      inherit (derivation)
        drvPath
        name
        outPath
        outputName
        system
        ;
    }
    // passthru;

  warnOnInstantiate =
    message: package:
    let
      # These are read by those who only list packages.
      quiet = [
        "meta"
        "name"
        "outputName"
        "type"
      ];
      hook =
        if builtins.isFunction (package.overrideAttrs or null) then
          { overrideAttrs = change: derivations.warnOnInstantiate message (package.overrideAttrs change); }
        else
          { };
    in
    package // builtins.mapAttrs (_name: trivial.warn message) (removeAttrs package quiet) // hook;
}
