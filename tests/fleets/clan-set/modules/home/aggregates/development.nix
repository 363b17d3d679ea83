# aggregate-development: git, an editor and per-project environments
{ config, ... }:
{
  flake.modules.homeManager.aggregate-development =
    { pkgs, ... }:
    {
      imports = [ config.flake.modules.homeManager.aggregate-shell ];
      home.packages = [
        pkgs.ripgrep
        pkgs.fd
      ];
    };
}
