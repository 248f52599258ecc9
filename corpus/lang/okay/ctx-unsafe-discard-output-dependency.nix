# The output dependency of a drvPath can be reduced to a plain path.
let d = derivation { name = "c2"; system = "x86_64-linux"; builder = "/bin/sh"; }; in builtins.attrValues (builtins.getContext (builtins.unsafeDiscardOutputDependency d.drvPath))
