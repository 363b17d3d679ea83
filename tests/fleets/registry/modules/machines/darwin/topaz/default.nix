{ config, ... }:
let
  flakeUsers = config.flake.users;
in
{
  flake.modules.darwin."machines/darwin/topaz" =
    { pkgs, ... }:
    {
      networking.hostName = "topaz";
      nixpkgs.hostPlatform = "x86_64-darwin";

      system.primaryUser = "theo";
      users.users.theo.home = "/Users/theo";
      home-manager.users.theo.imports = flakeUsers.theo.modules;
    };
}
