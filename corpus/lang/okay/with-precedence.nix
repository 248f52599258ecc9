# with reaches as far right as it can.
[ (with { x = 1; }; x + 1) ((with { x = 1; }; x) + 1) ]
