{ config, ... }:
{
  users.users.${config.house.owner} = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
  };
}
