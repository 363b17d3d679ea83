{ config, pkgs, ... }:
{
  users.users.kai = {
    isNormalUser = true;
    shell = pkgs.fish;
  };
  home-manager.users.kai = import ../../../../home/kai/${config.networking.hostName}.nix;
}
