# A sum that begins with a set makes a string, but copies no path.
[
  ({ outPath = /a/b; } + /c)
  ({ __toString = _: "x"; } + /c)
  ({ outPath = "/s"; } + "/" + "t")
]
