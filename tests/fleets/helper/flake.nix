{
  description = "A function that makes a machine for one person";

  outputs =
    { nixpkgs, darwin, ... }@inputs:
    let
      mkSystem = import ./lib/mksystem.nix { inherit inputs nixpkgs darwin; };
    in
    {
      nixosConfigurations.dune = mkSystem "dune" {
        system = "x86_64-linux";
        user = "milo";
      };

      darwinConfigurations.reef = mkSystem "reef" {
        system = "aarch64-darwin";
        user = "milo";
        darwin = true;
      };
    };
}
