{ config, pkgs, ... }:
{
  users.users.${config.house.owner} = {
    home = "/Users/${config.house.owner}";
    shell = pkgs.zsh;
  };
  users.knownUsers = [ config.house.owner ];
}
