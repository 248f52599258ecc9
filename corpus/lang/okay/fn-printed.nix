# Functions print as <LAMBDA>, builtins as <PRIMOP>, partly applied ones as <PRIMOP-APP>.
[ (x: x) ({ a }: a) builtins.map (builtins.map (x: x)) ]
