{ pkgs, ... }:
{
  imports = [
    ./modules/core.nix
    ./modules/shell.nix
    ./ada-mail.nix
  ];
  home.stateVersion = "24.11";
  programs.git.settings.user = {
    name = "Ada Ferreira";
    email = "ada@example.com";
  };
}
