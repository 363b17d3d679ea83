{
  home.stateVersion = "25.05";
  programs.git.settings.user.email = "ada@example.com";
}
