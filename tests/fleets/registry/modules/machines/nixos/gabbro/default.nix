{ config, ... }:
let
  flakeUsers = config.flake.users;
in
{
  flake.modules.nixos."machines/nixos/gabbro" =
    { pkgs, ... }:
    {
      networking.hostName = "gabbro";
      nixpkgs.hostPlatform = "x86_64-linux";

      users.users.rheam = {
        isNormalUser = true;
        extraGroups = [ "wheel" ];
      };
      home-manager = {
        users.rheam.imports = flakeUsers.rhea.modules;
      };
    };
}
