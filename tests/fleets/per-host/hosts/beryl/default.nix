{
  imports = [ ../common/global ../common/users/ada ../common/users/kai ];

  networking.hostName = "beryl";
  nixpkgs.hostPlatform = "aarch64-linux";
}
