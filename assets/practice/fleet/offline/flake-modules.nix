# The options of flake-level modules, as flake-parts declares them.
#
# `config` here is the flake's: feature modules, machines and standalone homes. It is not the
# `config` that a home module receives, although both are called so and often meet in one file.
{ lib, config, ... }:
let
  inherit (lib) mkOption types;

  modules = mkOption {
    type = types.lazyAttrsOf types.deferredModule;
    default = { };
  };
  machines =
    platform:
    mkOption {
      type = types.lazyAttrsOf types.deferredModule;
      default = { };
      apply = builtins.mapAttrs (
        _: module:
        import ./machines {
          inherit lib platform;
          pkgsFor = system: config.flake.pkgs.${system};
          modules = [ module ];
        }
      );
    };
in
{
  options = {
    flake = {
      modules = {
        homeManager = modules;
        darwin = modules;
        nixos = modules;
      };
      darwinConfigurations = machines "darwin";
      nixosConfigurations = machines "nixos";
      homeConfigurations = mkOption {
        type = types.lazyAttrsOf types.raw;
        default = { };
        description = "Homes that their owner activates alone, made by `lib.mkHomeConfiguration`.";
      };
      pkgs = mkOption {
        type = types.lazyAttrsOf types.raw;
        default = { };
        description = "Package sets by system.";
      };
    };
    lib = mkOption {
      type = types.lazyAttrsOf types.raw;
      default = { };
      description = "Functions for the other modules.";
    };
    practice.home = mkOption {
      type = types.path;
      description = "The home directory that standalone homes are activated in.";
    };
  };
}
