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
  flake.modules.darwin."machines/darwin/opal" =
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

      networking.hostName = "opal";
      nixpkgs.hostPlatform = "aarch64-darwin";

      # juno: admin (UID 502)
      # milo: primary, non-admin user (UID 506)
      users.users = {
        milo = {
          uid = 506;
          home = "/Users/milo";
          shell = pkgs.zsh;
        };
        juno = {
          uid = 502;
          home = "/Users/juno";
          shell = pkgs.zsh;
        };
      };

      home-manager = {
        useGlobalPkgs = true;
        useUserPackages = true;

        # juno (admin)
        users.juno.imports = [
          flakeModulesHome."users/juno"
          flakeModulesHome.base-sops
          flakeModulesHome.core
          flakeModulesHome.development
        ];

        # milo (primary user)
        users.milo.imports = [
          flakeModulesHome."users/milo"
          flakeModulesHome.base-sops
          flakeModulesHome.core
        ];
      };
    };
}
