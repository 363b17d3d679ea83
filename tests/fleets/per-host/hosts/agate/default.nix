{
  imports = [
    ./hardware.nix

    ../common/global
    ../common/users/ada
    # ../common/users/zoe # soon

    ../common/optional/printing.nix
  ];

  networking.hostName = "agate";
}
