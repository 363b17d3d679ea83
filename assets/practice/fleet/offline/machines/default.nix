# A machine: what `nixosSystem` of nixpkgs and `darwinSystem` of nix-darwin are, for the options that
# say who lives on it.
#
# { platform, modules, pkgsFor } -> { config, options, pkgs, system }
# `platform` is "darwin" or "nixos"; `pkgsFor` gives the package set of a system.
{
  lib,
  platform,
  modules,
  pkgsFor,
}:
let
  evaluated = lib.evalModules {
    modules = [
      {
        _file = "the machine";
        _module.args.pkgs = pkgsFor evaluated.config.nixpkgs.hostPlatform;
      }
      ./common.nix
      ./home-manager.nix
      (./. + "/${platform}.nix")
    ]
    ++ modules;
  };
  config = lib.checked evaluated.config;
in
{
  inherit config;
  inherit (evaluated) options;
  pkgs = pkgsFor config.nixpkgs.hostPlatform;
  # What `darwin-rebuild` builds.
  system = config.system.build.toplevel;
}
