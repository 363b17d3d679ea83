{ config, ... }:
{
  flake.darwinConfigurations.quartz = {
    nixpkgs.hostPlatform = "aarch64-darwin";
    system.primaryUser = "ada";

    users.users.ada = {
      uid = 501;
      home = "/Users/ada";
    };

    home-manager.users.ada = {
      imports = [ config.flake.modules.homeManager."users/ada" ];
    };
  };
}
