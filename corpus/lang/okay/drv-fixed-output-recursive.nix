# Recursive and SRI hashes.
[ (derivation { name = "r"; system = "s"; builder = "b"; outputHashAlgo = "sha256"; outputHashMode = "recursive"; outputHash = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"; }).outPath (derivation { name = "sri"; system = "s"; builder = "b"; outputHashMode = "recursive"; outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; }).outPath ]
