{ config, pkgs, ... }:
{
  users.users.ada = {
    home = "/Users/ada";
    shell = pkgs.zsh;
    uid = 501;
  };
  home-manager.users.ada = import ../../../home/ada/${config.networking.hostName}.nix;
}
