{
  description = "One file a person, imported by each of their machines";

  outputs =
    {
      nixpkgs,
      darwin,
      home-manager,
      ...
    }:
    {
      nixosConfigurations = {
        agate = nixpkgs.lib.nixosSystem { modules = [ ./hosts/agate ]; };
        beryl = nixpkgs.lib.nixosSystem { modules = [ ./hosts/beryl ]; };
      };
      darwinConfigurations.opal = darwin.lib.darwinSystem {
        modules = [
          ./hosts/opal
          home-manager.darwinModules.home-manager
        ];
      };
    };
}
