{
  home.sessionVariables.MAIL = "ada@example.com";
}
