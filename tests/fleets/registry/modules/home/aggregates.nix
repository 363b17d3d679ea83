{ inputs, ... }:
{
  flake.modules.homeManager = {
    # Secrets for homes.
    base-sops =
      { config, ... }:
      {
        imports = [ inputs.sops-nix.homeManagerModules.sops ];
        sops.age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
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
