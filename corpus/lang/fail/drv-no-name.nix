# A derivation needs a name.
(derivation { system = "s"; builder = "b"; }).drvPath
