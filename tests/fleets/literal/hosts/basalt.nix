{ pkgs, lib, ... }:
let
  kaiHome = import ../home/kai.nix;
in
{
  networking.hostName = "basalt";
  nixpkgs.hostPlatform = "x86_64-darwin";
  system.primaryUser = "kai";

  users.users.kai.home = "/Users/kai";
  users.users.kai.shell = pkgs.fish;

  home-manager.users.kai = kaiHome;
  # home-manager.users.zoe = import ../home/zoe.nix;
}
