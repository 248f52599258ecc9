# A set with outPath stands for that string, through several layers.
[ "${{ outPath = "a"; }}" (toString { outPath = { outPath = "b"; }; }) ]
