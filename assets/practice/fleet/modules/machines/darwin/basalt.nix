# basalt: Grace's Mac. Ada looks after it.
{ config, ... }:
let
  pkgs = config.flake.pkgs.aarch64-darwin;
in
{
  flake.darwinConfigurations.basalt = {
    networking.hostName = "basalt";
    nixpkgs.hostPlatform = "aarch64-darwin";
    system.primaryUser = "grace";
    system.stateVersion = 6;
    nix.settings.trusted-users = [
      "root"
      "ada"
    ];
    programs.zsh.enable = true;

    users.users.grace = {
      uid = 501;
      home = "/Users/grace";
      shell = pkgs.zsh;
    };
    users.users.ada = {
      uid = 502;
      home = "/Users/ada";
      shell = pkgs.zsh;
    };

    home-manager.useGlobalPkgs = true;
    home-manager.backupFileExtension = "before-home-manager";
    home-manager.users.grace = {
      imports = [ config.flake.modules.homeManager."users/grace" ];
    };
    home-manager.users.ada = {
      imports = [ config.flake.modules.homeManager."users/ada" ];
    };
  };
}
