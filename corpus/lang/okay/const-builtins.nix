# Some constants.
[ builtins.storeDir builtins.langVersion (builtins.typeOf builtins.currentTime) (builtins.builtins ? map) (builtins ? builtins) ]
