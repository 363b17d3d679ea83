# granite: the workstation that everybody may log in to. Ada looks after it.
{ config, ... }:
let
  pkgs = config.flake.pkgs.x86_64-linux;
in
{
  flake.nixosConfigurations.granite = {
    networking.hostName = "granite";
    nixpkgs.hostPlatform = "x86_64-linux";
    system.stateVersion = "25.11";
    nix.settings.trusted-users = [
      "root"
      "ada"
    ];
    programs.zsh.enable = true;
    services.openssh.enable = true;

    users.users.ada = {
      isNormalUser = true;
      extraGroups = [ "wheel" ];
      shell = pkgs.zsh;
    };
    users.users.grace = {
      isNormalUser = true;
      shell = pkgs.zsh;
    };

    home-manager.useGlobalPkgs = true;
    home-manager.backupFileExtension = "before-home-manager";
    home-manager.users.ada = {
      imports = [ config.flake.modules.homeManager."users/ada" ];
    };
    home-manager.users.grace = {
      imports = [ config.flake.modules.homeManager."users/grace" ];
    };
  };
}
