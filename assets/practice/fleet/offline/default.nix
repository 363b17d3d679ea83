# From a folder of modules to flake outputs: what flake-parts and import-tree do in other fleets.
{ inputs, modules }:
let
  lib = import ./lib;
  inherit
    (lib.evalModules {
      specialArgs = { inherit inputs; };
      modules = [ ./flake-modules.nix ] ++ import ./lib/import-tree.nix modules;
    })
    config
    ;
in
{
  inherit (config.flake) darwinConfigurations homeConfigurations nixosConfigurations;
}
