# What labs do with match: names of files.
map (n: builtins.match "(.*)\\.(csv|json)" n) [ "data.csv" "a.b.json" "notes.txt" ".csv" "x.csv.bak" ]
