{ config, inputs, ... }:
let
  flakeModulesHome = config.flake.modules.homeManager;
in
{
  flake.modules.nixos."machines/nixos/slate" = {
    imports = [ inputs.home-manager.nixosModules.home-manager ];
    networking.hostName = "slate";
    nixpkgs.hostPlatform = "x86_64-linux";
    # The account comes from the inventory: see ../../../clan/inventory.nix
    home-manager.users.juno = {
      imports = [
        flakeModulesHome."users/juno"
        flakeModulesHome.base-sops
        flakeModulesHome.core
      ];
      home.username = "juno";
    };
  };
}
