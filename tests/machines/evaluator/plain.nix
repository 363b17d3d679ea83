# Evaluates the machines of a fixture fleet that makes them itself: the practice fleet's evaluator
# in place of nixpkgs, nix-darwin and home-manager.
{ flake }:
let
  lib = import ./lib // {
    inherit flatten;
  };
  flatten =
    value: if builtins.isList value then builtins.concatLists (map flatten value) else [ value ];
  pkgsFor = import ./pkgs.nix { inherit lib; };

  machine =
    platform:
    { modules, ... }:
    let
      evaluated = lib.evalModules {
        specialArgs = { inherit lib; };
        modules = [
          {
            _file = "the machine";
            _module.args.pkgs = pkgsFor evaluated.config.nixpkgs.hostPlatform;
          }
          ./machines/common.nix
          ./machines/home-manager.nix
          (./machines + "/${platform}.nix")
          { options.programs.fish.enable = lib.mkEnableOption "fish"; }
        ]
        ++ modules;
      };
    in
    {
      config = lib.checked evaluated.config;
    };

  home-manager = {
    darwinModules.home-manager = { };
    nixosModules.home-manager = { };
  };
  nix-darwin.lib.darwinSystem = machine "darwin";
  outputs = flake.outputs {
    inherit home-manager nix-darwin;
    darwin = nix-darwin;
    nixpkgs.lib.nixosSystem = machine "nixos";
  };
in
(outputs.nixosConfigurations or { }) // (outputs.darwinConfigurations or { })
