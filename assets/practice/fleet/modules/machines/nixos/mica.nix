# mica: the server. Only Ada logs in.
{ config, ... }:
let
  pkgs = config.flake.pkgs.aarch64-linux;
in
{
  flake.nixosConfigurations.mica = {
    networking.hostName = "mica";
    nixpkgs.hostPlatform = "aarch64-linux";
    system.stateVersion = "25.11";
    programs.zsh.enable = true;
    services.openssh.enable = true;

    users.users.ada = {
      isNormalUser = true;
      extraGroups = [ "wheel" ];
      shell = pkgs.zsh;
    };

    home-manager.useGlobalPkgs = true;
    home-manager.users.ada = {
      imports = [ config.flake.modules.homeManager."users/ada" ];
    };
  };
}
