# Binary minus, times and division look up __sub, __mul and __div; plus doesn't look up anything.
let __sub = a: b: "sub"; __mul = a: b: "mul"; __div = a: b: "div"; __add = a: b: "add"; in [ (3 - 1) (3 * 1) (3 / 1) (3 + 1) ]
