{
  description = "One owner a machine, named by an option";

  outputs =
    { nixpkgs, nix-darwin, ... }:
    {
      darwinConfigurations.topaz = nix-darwin.lib.darwinSystem {
        modules = [
          ./hosts/topaz.nix
          ./modules/owner.nix
          ./modules/home.nix
          ./modules/mac.nix
        ];
      };
      nixosConfigurations.gabbro = nixpkgs.lib.nixosSystem {
        modules = [
          ./hosts/gabbro.nix
          ./modules/owner.nix
          ./modules/home.nix
          ./modules/linux.nix
        ];
      };
      nixosConfigurations.tuff = nixpkgs.lib.nixosSystem {
        modules = [
          ./hosts/tuff.nix
          ./modules/owner.nix
        ];
      };
    };
}
