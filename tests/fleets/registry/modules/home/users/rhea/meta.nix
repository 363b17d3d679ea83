{ config, ... }:
{
  flake.users.rhea = {
    meta = {
      username = "rhea";
      fullname = "Rhea Marchetti";
      email = "rhea@example.com";
      sshKeys = [ ];
    };
    aggregates = with config.flake.modules.homeManager; [
      base-sops
      core
      development
      shell
    ];
  };
}
