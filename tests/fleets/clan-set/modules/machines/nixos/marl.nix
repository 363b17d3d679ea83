{
  flake.modules.nixos."machines/nixos/marl" = {
    networking.hostName = "marl";
    nixpkgs.hostPlatform = "x86_64-linux";
  };
}
