# A name with characters that a store path can't have.
(derivation { name = "a b"; system = "s"; builder = "b"; }).drvPath
