{ config, ... }:
let
  flakeUsers = config.flake.users;
in
{
  flake.modules.nixos."machines/nixos/tuff" =
    { pkgs, ... }:
    {
      networking.hostName = "tuff";
      nixpkgs.hostPlatform = "x86_64-linux";

      owner = "theo";
      users.users.${config.owner}.isNormalUser = true;
      home-manager.users.${config.owner}.imports = flakeUsers.theo.modules;
    };
}
