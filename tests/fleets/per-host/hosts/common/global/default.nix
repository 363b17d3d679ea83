{ ... }:
{
  imports = [ ./zsh.nix ];
  home-manager.useGlobalPkgs = true;
  system.stateVersion = "25.05";
}
