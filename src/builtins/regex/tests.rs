//! What Nix 2.34.8 answers, and a slow matcher to agree with.
