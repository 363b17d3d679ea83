{ config, ... }:
let
  user = config.house.owner;
in
{
  networking.hostName = "tuff";
  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.05";
  house.owner = "theo";

  users.users.${user}.isNormalUser = true;
  home-manager.users.${user} = {
    imports = [ ../home/shell.nix ];
    home.stateVersion = "25.05";
    programs.git.settings.user.email = "theo@example.com";
    programs.fish.enable = true;
  };
}
