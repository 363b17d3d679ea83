# quartz: the Mac in the studio. Ada looks after it.
{ config, ... }:
let
  pkgs = config.flake.pkgs.aarch64-darwin;
in
{
  flake.darwinConfigurations.quartz = {
    networking.hostName = "quartz";
    nixpkgs.hostPlatform = "aarch64-darwin";
    system.primaryUser = "ada";
    system.stateVersion = 6;
    nix.settings.trusted-users = [
      "root"
      "ada"
    ];
    programs.zsh.enable = true;

    users.users.ada = {
      uid = 501;
      home = "/Users/ada";
      shell = pkgs.zsh;
    };

    home-manager.useGlobalPkgs = true;
    home-manager.backupFileExtension = "before-home-manager";
    home-manager.users.ada = {
      imports = [ config.flake.modules.homeManager."users/ada" ];
    };
  };
}
