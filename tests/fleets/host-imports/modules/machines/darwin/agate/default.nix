{
  config,
  inputs,
  ...
}:
let
  flakeModules = config.flake.modules.darwin;
  flakeModulesHome = config.flake.modules.homeManager;
in
{
  flake.modules.darwin."machines/darwin/agate" =
    {
      config,
      pkgs,
      lib,
      ...
    }:
    {
      imports = [
        inputs.home-manager.darwinModules.home-manager
      ]
      ++ (with flakeModules; [
        base
      ]);

      networking.hostName = "agate";
      nixpkgs.hostPlatform = "aarch64-darwin";

      users.users.june = {
        uid = 501;
        home = "/Users/june";
        shell = pkgs.zsh;
      };

      home-manager = {
        useGlobalPkgs = true;
        useUserPackages = true;

        users.june.imports = [
          flakeModulesHome."users/june"
          flakeModulesHome.base-sops
          flakeModulesHome.core
          flakeModulesHome.shell
        ];
      };
    };
}
