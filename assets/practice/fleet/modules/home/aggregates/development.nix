# aggregate-development: Git, an editor, per-project environments
{
  flake.modules.homeManager.aggregate-development =
    { lib, pkgs, ... }:
    {
      programs = {
        direnv.enable = true;
        git = {
          enable = true;
          settings = {
            init.defaultBranch = "main";
            # A person's module says who they are; until then commits are anybody's.
            user.name = lib.mkDefault "Nobody";
            user.email = lib.mkDefault "nobody@example.com";
          };
        };
        neovim.enable = true;
      };
      home.packages = [ pkgs.nixfmt ];
      home.sessionVariables.EDITOR = "nvim";
    };
}
