# The Mac in the studio.
{ pkgs, lib, ... }:
{
  imports = [ ./homes-check.nix ];

  networking.hostName = "quartz";
  nixpkgs.hostPlatform = "aarch64-darwin";

  users.users = {
    # runs the studio
    ada = {
      description = "Ada Ferreira";
      home = "/Users/ada";
      shell = pkgs.zsh;
      uid = 501;
      openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixtureKeyOfAda0000000000000000000000000 ada" ];
    };
    kai = {
      home = "/Users/kai";
      shell = pkgs.zsh;
      uid = 502;
    };
  };
  users.knownUsers = [ "ada" "kai" ]; # not root

  hm-sops-bridge.users.ada = {
    enable = true;
    folder = "/Users/ada/.config/sops";
  };
  hm-sops-bridge.users.kai.enable = true;
  homes-check.users = [
    "ada"
    "kai"
  ];
  nix.settings.trusted-users = [ "root" "ada" ];

  home-manager = {
    useGlobalPkgs = true;
    useUserPackages = true;

    users = {
      ada = {
        # what everybody has
        imports = [ ../../home/ada.nix ];
      };

      kai = {
        imports = [ ../../home/kai.nix ];
      };
    };
  };
}
