{ config, ... }:
{
  clan.machines = {
    quartz.imports = [ config.flake.modules.darwin."machines/darwin/quartz" ];
    slate.imports = [ config.flake.modules.nixos."machines/nixos/slate" ];
    shale.imports = [ config.flake.modules.nixos."machines/nixos/shale" ];
    marl.imports = [ config.flake.modules.nixos."machines/nixos/marl" ];
  };
}
