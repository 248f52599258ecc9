# __overrides in a rec set replaces attributes before the others see them.
let r = rec { a = 1; b = a + 1; __overrides = { a = 10; }; }; in [ r.a r.b ]
