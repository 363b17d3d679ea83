{
  description = "Two people on four machines, each bound by name";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs";
    nix-darwin.url = "github:nix-darwin/nix-darwin";
    home-manager.url = "github:nix-community/home-manager";
  };

  outputs =
    {
      nixpkgs,
      nix-darwin,
      home-manager,
      ...
    }:
    {
      darwinConfigurations.quartz = nix-darwin.lib.darwinSystem {
        modules = [
          ./hosts/quartz
          home-manager.darwinModules.home-manager
        ];
      };

      darwinConfigurations."basalt" = nix-darwin.lib.darwinSystem {
        modules = [
          ./hosts/basalt.nix
          home-manager.darwinModules.home-manager
        ];
      };

      nixosConfigurations = {
        granite = nixpkgs.lib.nixosSystem {
          system = "x86_64-linux";
          modules = [
            ./hosts/granite.nix
            home-manager.nixosModules.home-manager
            {
              home-manager.useGlobalPkgs = true;
              home-manager.users.ada = import ./home/ada.nix;
            }
          ];
        };
        slate = nixpkgs.lib.nixosSystem {
          system = "aarch64-linux";
          modules = [
            ./hosts/slate
            home-manager.nixosModules.home-manager
          ];
        };
      };
    };
}
