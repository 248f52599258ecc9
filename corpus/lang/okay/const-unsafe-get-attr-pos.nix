# The position of an attribute, and null where there is none.
let s = {
  a = 1;
    b = 2;
}; in [ (builtins.unsafeGetAttrPos "a" s).line (builtins.unsafeGetAttrPos "b" s).column (builtins.unsafeGetAttrPos "c" s) (baseNameOf (builtins.unsafeGetAttrPos "a" s).file) ]
