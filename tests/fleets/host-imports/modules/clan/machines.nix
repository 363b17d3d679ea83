{ config, ... }:
{
  clan.machines = {
    opal.imports = [ config.flake.modules.darwin."machines/darwin/opal" ];
    slate.imports = [ config.flake.modules.nixos."machines/nixos/slate" ];
    shale.imports = [ config.flake.modules.nixos."machines/nixos/shale" ];
  };
}
