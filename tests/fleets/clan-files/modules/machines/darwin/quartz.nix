{ inputs, ... }:
{
  flake.modules.darwin."machines/darwin/quartz" = {
    imports = [ inputs.home-manager.darwinModules.home-manager ];
    networking.hostName = "quartz";
    nixpkgs.hostPlatform = "aarch64-darwin";
    system.primaryUser = "ada";

    users.users.ada = {
      uid = 501;
      home = "/Users/ada";
    };
    users.knownUsers = [ "ada" ];
  };
}
