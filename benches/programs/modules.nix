# nixpkgs' module system: 300 modules, options of several types, conditions, submodules.
let
  lib = import <nixpkgs-lib>;
  inherit (lib) mkOption types;
  service =
    i:
    { config, ... }:
    {
      options.services."unit${toString i}" = lib.genAttrs (map (k: "key${toString k}") (lib.range 1 9)) (
        name:
        mkOption {
          type = if name == "key3" then types.listOf types.str else types.either types.int types.str;
          default = if name == "key3" then [ "none" ] else i;
        }
      );
      options.hosts."host${toString i}" = mkOption {
        default = { };
        type = types.attrsOf (
          types.submodule (
            { name, config, ... }:
            {
              options = {
                enable = lib.mkEnableOption "the host ${name}";
                address = mkOption {
                  type = types.str;
                  default = "${name}.example";
                };
                port = mkOption {
                  type = types.port;
                  default = 22;
                };
              };
            }
          )
        );
      };
      config.services."unit${toString i}" = {
        key1 = lib.mkForce "one";
        key2 = lib.mkDefault (i + 2);
        key3 = lib.mkIf (i >= 100) [ "a" "b" ];
      };
      config.hosts."host${toString i}" = lib.genAttrs [ "alpha" "beta" "gamma" "delta" ] (name: {
        enable = name != "beta";
        port = 2000 + i;
      });
    };
  system = lib.evalModules { modules = map service (lib.range 1 300); };
in
builtins.stringLength (builtins.toJSON { inherit (system.config) services hosts; })
