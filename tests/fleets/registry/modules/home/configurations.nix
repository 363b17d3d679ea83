{
  config,
  inputs,
  lib,
  ...
}:
let
  systems = [
    "aarch64-darwin"
    "x86_64-linux"
  ];
  entry =
    name: system:
    inputs.home-manager.lib.homeManagerConfiguration {
      pkgs = inputs.nixpkgs.legacyPackages.${system};
      extraSpecialArgs.flake = config.flake // {
        inherit inputs;
      };
      modules = config.flake.users.${name}.modules;
    };
in
{
  flake.homeConfigurations = lib.listToAttrs (
    lib.concatMap (
      name:
      map (system: {
        name = "${name}@${system}";
        value = entry name system;
      }) systems
    ) (lib.attrNames config.flake.users)
  );
}
