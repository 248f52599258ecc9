# placeholder stands for an output inside the derivation.
[ (builtins.placeholder "out") (builtins.placeholder "dev") ]
