# __toString is called with the set and is used by toString and interpolation.
let v = { name = "n"; __toString = self: "<${self.name}>"; }; in [ (toString v) "${v}!" (toString (v // { name = "m"; })) (toString [ v v ]) ]
