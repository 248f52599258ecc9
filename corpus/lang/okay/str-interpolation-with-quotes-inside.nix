# Strings inside an interpolation need no escapes.
"outer ${"inner \"quoted\" ${"deep"}"} end"
