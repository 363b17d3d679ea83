{ config, ... }:
{
  flake.users.theo = {
    meta = {
      username = "theo";
      fullname = "Theo Nakamura";
      email = "theo@example.com";
      sshKeys = [ ];
    };
    aggregates = with config.flake.modules.homeManager; [
      base-sops
      core
      shell
    ];
  };
}
