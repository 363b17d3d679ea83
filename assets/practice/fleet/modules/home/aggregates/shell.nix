# aggregate-shell: zsh with a prompt that shows where you are
{
  flake.modules.homeManager.aggregate-shell =
    { lib, ... }:
    {
      programs = {
        starship.enable = true;
        zsh.enable = true;
      };
      home.sessionVariables.EDITOR = lib.mkDefault "vi";
    };
}
