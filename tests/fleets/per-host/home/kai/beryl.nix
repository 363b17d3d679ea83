{
  imports = [ ../features/cli.nix ];
  home.stateVersion = "25.05";
  programs.git.settings.user.email = "kai@example.com";
}
