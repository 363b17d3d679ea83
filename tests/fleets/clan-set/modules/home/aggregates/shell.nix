{
  flake.modules.homeManager.aggregate-shell = {
    programs = {
      zsh.enable = true;
      starship.enable = true;
    };
    services.lorri.enable = true;
  };
}
