# A server that nobody has a home on.
{
  flake.nixosConfigurations.marl = {
    nixpkgs.hostPlatform = "x86_64-linux";
    users.users.root.initialPassword = "";
  };
}
