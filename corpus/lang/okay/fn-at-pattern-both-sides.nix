# `name@{…}` and `{…}@name` bind the whole argument, as it was given.
[ ((args@{ a, ... }: args) { a = 1; b = 2; }) (({ a ? 5, ... }@args: args ? a) { b = 2; }) (({ a, b ? 3 }@all: [ (builtins.attrNames all) b ]) { a = 1; }) ]
