{
  config,
  pkgs,
  lib,
  ...
}:
let
  ifThere = groups: builtins.filter (group: builtins.elem group [ "wheel" "docker" ]) groups;
in
{
  users.users.ada = {
    isNormalUser = true;
    shell = pkgs.zsh;
    extraGroups = [ "wheel" ] ++ ifThere [ "docker" "podman" ];
    openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixtureKeyOfAda0000000000000000000000000 ada" ];
  };

  home-manager.users.ada = import ../../../../home/ada/${config.networking.hostName}.nix;
}
