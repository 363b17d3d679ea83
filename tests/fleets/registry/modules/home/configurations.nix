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
  entry = name: system: {
    name = "${name}@${system}";
    value = inputs.home-manager.lib.homeManagerConfiguration {
      pkgs = inputs.nixpkgs.legacyPackages.${system};
      modules = config.flake.users.${name}.modules;
    };
  };
in
{
  flake.homeConfigurations = lib.listToAttrs (
    lib.concatMap (
      name:
      map (system: {
        name = "${name}@${system}";
        inherit (entry name system) value;
      }) systems
    ) (lib.attrNames config.flake.users)
  );
}
