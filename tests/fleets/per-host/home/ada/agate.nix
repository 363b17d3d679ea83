{
  imports = [
    ./global
    ../features/cli.nix
  ];
}
