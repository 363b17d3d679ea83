{
  flake.modules.nixos."machines/nixos/shale" = {
    networking.hostName = "shale";
    nixpkgs.hostPlatform = "aarch64-linux";
  };
}
