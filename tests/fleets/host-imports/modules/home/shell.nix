{
  flake.modules.homeManager.shell.programs.fish.enable = true;
}
