{ config, ... }:
let
  flakeUsers = config.flake.users;
in
{
  flake.modules.darwin."machines/darwin/beryl" =
    { pkgs, ... }:
    {
      networking.hostName = "beryl";
      nixpkgs.hostPlatform = "aarch64-darwin";

      users.users.rhea = {
        uid = 501;
        home = "/Users/rhea";
        shell = pkgs.zsh;
      };
      users.users.theo = {
        uid = 506;
        home = "/Users/theo";
        shell = pkgs.zsh;
      };
      users.knownUsers = [
        "rhea"
        "theo"
      ];

      home-manager = {
        useGlobalPkgs = true;

        users.rhea.imports = flakeUsers.rhea.modules;

        users.theo.imports = flakeUsers.theo.modules;
      };
    };
}
