{
  flake.modules.nixos."machines/nixos/slate".disko.devices = { };
}
