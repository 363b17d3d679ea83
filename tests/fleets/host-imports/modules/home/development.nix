{ config, ... }:
{
  flake.modules.homeManager.development = {
    imports = with config.flake.modules.homeManager; [ shell ];
    programs.git.enable = true;
    programs.helix.enable = true;
  };
}
