# Evaluates a fixture fleet: the practice fleet's evaluator, with stand-ins for what the fixture
# takes from its inputs, its module framework and its clan.
{ inputs, modules }:
let
  lib = import ./lib // {
    inherit (builtins) attrNames listToAttrs;
  };
  home = import ./home-manager { inherit lib; };
  pkgs = lib.genAttrs [
    "aarch64-darwin"
    "aarch64-linux"
    "x86_64-darwin"
    "x86_64-linux"
  ] (import ./pkgs.nix { inherit lib; });

  # `sops` is no option of a home until a module brings it in, as with the real sops-nix.
  standIns = inputs // {
    self = inputs.self // {
      # Modules may name the flake's own.
      inherit (config.flake) modules;
    };
    sops-nix.homeManagerModules.sops = ./home-manager/sops.nix;
    nixpkgs.legacyPackages = pkgs;
    home-manager = {
      darwinModules.home-manager = { };
      nixosModules.home-manager = { };
      lib.homeManagerConfiguration = home.evaluate;
    };
  };

  glue =
    { config, ... }:
    let
      # What homes know the flake by.
      flake = config.flake // {
        inputs = standIns;
      };
      machines =
        platform:
        let
          prefix = "machines/${platform}/";
          exported = config.flake.modules.${platform};
        in
        lib.mapAttrs' (name: module: lib.nameValuePair (lib.removePrefix prefix name) module) (
          lib.filterAttrs (name: _: lib.hasPrefix prefix name) exported
        );
      everywhere = {
        options.disko = lib.mkOption {
          type = lib.types.anything;
          default = { };
        };
        options.programs.fish.enable = lib.mkEnableOption "fish";
        config.home-manager.extraSpecialArgs = { inherit flake; };
        config.users.accountModules = [
          {
            options.hashedPassword = lib.mkOption {
              type = lib.types.nullOr lib.types.str;
              default = null;
            };
          }
        ];
      };
      fromClan = import ./clan.nix {
        inherit lib;
        inherit (config) clan;
      };
    in
    {
      options.clan = lib.mkOption {
        type = lib.types.lazyAttrsOf lib.types.anything;
        default = { };
      };
      config = {
        lib.mkHomeConfiguration =
          arguments: home.evaluate ({ extraSpecialArgs = { inherit flake; }; } // arguments);
        flake = {
          inherit pkgs;
          modules.darwin.base = { };
          darwinConfigurations = builtins.mapAttrs (name: module: {
            imports = [
              module
              everywhere
            ]
            ++ fromClan name;
          }) (machines "darwin");
          nixosConfigurations = builtins.mapAttrs (name: module: {
            imports = [
              module
              everywhere
            ]
            ++ fromClan name;
          }) (machines "nixos");
        };
      };
    };

  inherit
    (lib.evalModules {
      specialArgs = {
        inherit lib;
        inputs = standIns;
      };
      modules = [
        ./flake-modules.nix
        glue
      ]
      ++ import ./lib/import-tree.nix modules;
    })
    config
    ;
in
{
  inherit (config.flake) darwinConfigurations homeConfigurations nixosConfigurations;
}
