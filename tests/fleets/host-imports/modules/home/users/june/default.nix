# june is juno on older machines.
{ config, ... }:
{
  flake.modules.homeManager."users/june" =
    { lib, ... }:
    {
      imports = [ config.flake.modules.homeManager."users/juno" ];
      home.username = lib.mkForce "june";
    };
}
