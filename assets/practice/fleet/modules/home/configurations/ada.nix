# Ada's home without a machine: `nix build .#homeConfigurations.ada.activationPackage`
{ config, ... }:
{
  flake.homeConfigurations."ada" = config.lib.mkHomeConfiguration {
    pkgs = config.flake.pkgs.aarch64-darwin;
    modules = [
      config.flake.modules.homeManager."users/ada"
      {
        home.username = "ada";
        home.homeDirectory = config.practice.home;
        home.stateVersion = "25.11";
      }
    ];
  };
}
