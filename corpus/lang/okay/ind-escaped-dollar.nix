# `''$` is a dollar, also before a brace; `$${` stays as it is.
[ ''''${x}'' ''a''${b}c'' ''''$x'' ''$$'' ''$${x}'' ''a $ b'' ''$'' ]
