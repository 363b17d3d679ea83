{
  programs.starship.enable = true;
}
