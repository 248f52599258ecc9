# nixpkgs 20.09 with the names that upstream's library expects of a newer one.
nixpkgs:
import nixpkgs {
  config = { };
  overlays = [
    (final: prev: {
      lib = prev.lib // {
        inherit (builtins) map removeAttrs;
        cartesianProduct =
          axes:
          builtins.foldl' (
            points: name: builtins.concatMap (point: map (value: point // { ${name} = value; }) axes.${name}) points
          ) [ { } ] (builtins.attrNames axes);
        attrsets = prev.lib.attrsets // {
          unionOfDisjoint =
            a: b:
            let
              both = builtins.attrNames (builtins.intersectAttrs a b);
            in
            if both == [ ] then a // b else throw "both sets have ${toString both}";
        };
      };

      oils-for-unix = final.oil;
      # The real one needs Haskell's packages, whose file a copy of nixpkgs may lack.
      shellcheck = final.hello;

      dockerTools = prev.dockerTools // {
        buildLayeredImage = image: prev.dockerTools.buildLayeredImage (removeAttrs image [ "compressor" ]);
      };

      pkgsStatic = prev.pkgsStatic // {
        rsync = final.rsync // {
          override = _: final.rsync;
        };
        inherit (final) bubblewrap;
      };

      rustPlatform = prev.rustPlatform // {
        buildRustPackage =
          package:
          final.stdenv.mkDerivation {
            inherit (package) pname version src;
          };
      };
    })
  ];
}
