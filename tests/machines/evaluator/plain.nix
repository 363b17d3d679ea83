# Evaluates the machines and the homes of a fleet that makes them itself: the practice fleet's
# evaluator in place of nixpkgs, nix-darwin and home-manager.
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
          ./anything.nix
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
    lib.homeManagerConfiguration = (import ./home-manager { inherit lib; }).evaluate;
  };
  nix-darwin.lib.darwinSystem = machine "darwin";
  nixpkgs = {
    lib = lib // {
      nixosSystem = machine "nixos";
    };
    legacyPackages = lib.genAttrs [
      "aarch64-darwin"
      "aarch64-linux"
      "x86_64-darwin"
      "x86_64-linux"
    ] pkgsFor;
  };
  outputs = flake.outputs {
    inherit home-manager nix-darwin nixpkgs;
    darwin = nix-darwin;
  };
in
{
  machines = (outputs.nixosConfigurations or { }) // (outputs.darwinConfigurations or { });
  homes = outputs.homeConfigurations or { };
}
