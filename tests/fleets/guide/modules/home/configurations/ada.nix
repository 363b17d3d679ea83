{ config, ... }:
{
  flake.homeConfigurations."ada" = config.lib.mkHomeConfiguration {
    pkgs = config.flake.pkgs.aarch64-darwin;
    modules = [ config.flake.modules.homeManager."users/ada" ];
  };
}
