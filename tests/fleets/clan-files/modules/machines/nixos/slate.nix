{
  flake.modules.nixos."machines/nixos/slate" = {
    networking.hostName = "slate";
    nixpkgs.hostPlatform = "x86_64-linux";
  };
}
