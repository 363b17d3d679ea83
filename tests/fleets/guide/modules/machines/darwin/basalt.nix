{ config, ... }:
{
  flake.darwinConfigurations.basalt = {
    nixpkgs.hostPlatform = "aarch64-darwin";

    # kai: the primary user of this machine
    users.users.kai = {
      uid = 502;
      home = "/Users/kai";
    };
    # Administrator, but not primary here.
    users.users.ada = {
      uid = 501;
      home = "/Users/ada";
    };
    users.knownUsers = [
      "kai"
      "ada"
    ];

    home-manager.users.kai = {
      imports = [ config.flake.modules.homeManager."users/kai" ];
    };
    home-manager.users.ada = {
      imports = [ config.flake.modules.homeManager."users/ada" ];
    };
  };
}
