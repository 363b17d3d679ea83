{ inputs, ... }:
{
  flake.modules.homeManager = {
    # Secrets for homes.
    base-sops = {
      imports = [ inputs.sops-nix.homeManagerModules.sops ];
    };

    # ------------------------------------------------------------------
    # Everyday tools
    # ------------------------------------------------------------------
    core =
      { pkgs, ... }:
      {
        home.packages = [ pkgs.jq ];
      };

    shell.programs.zsh.enable = true;

    development = {
      programs.git.enable = true;
      programs.direnv.enable = true;
    };
  };
}
