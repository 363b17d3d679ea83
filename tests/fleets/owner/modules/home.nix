{ config, ... }:
{
  home-manager.useGlobalPkgs = true;
  home-manager.users.${config.house.owner} = import ../home;
}
