{ ... }:
{
  imports = [ ../common/darwin-users/ada.nix ];

  networking.hostName = "opal";
  nixpkgs.hostPlatform = "aarch64-darwin";
}
