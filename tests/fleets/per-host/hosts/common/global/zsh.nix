{
  programs.zsh.enable = true;
}
