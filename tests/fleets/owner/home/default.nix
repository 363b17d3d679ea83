{
  imports = [ ./shell.nix ];
  home.stateVersion = "25.05";
  programs.git.settings.user.email = "rhea@example.com";
}
