{
  flake.modules.nixos."machines/nixos/shale" = {
    networking.hostName = "shale";
    nixpkgs.hostPlatform = "x86_64-linux";
  };
}
