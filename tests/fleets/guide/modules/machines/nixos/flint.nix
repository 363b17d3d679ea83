{ config, ... }:
{
  flake.nixosConfigurations.flint = {
    nixpkgs.hostPlatform = "x86_64-linux";

    users.users.kai = {
      isNormalUser = true;
      extraGroups = [ "video" ];
    };
    users.users.ada = {
      isNormalUser = true;
      extraGroups = [
        "networkmanager"
        "wheel"
      ];
    };
    users.users.backup.isSystemUser = true;

    home-manager.users.ada.imports = [ config.flake.modules.homeManager."users/ada" ];
  };
}
