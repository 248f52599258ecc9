# A path literal may contain interpolations.
let n = "hello"; d = "data"; in [ (./data/${n}.txt == ./data/hello.txt) (./${d}/hello.txt == ./data/hello.txt) (builtins.readFile ./data/${n}.txt) ]
