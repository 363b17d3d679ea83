{
  inputs,
  nixpkgs,
  darwin,
}:
name:
{
  system,
  user,
  darwin ? false,
}:
let
  make = if darwin then inputs.darwin.lib.darwinSystem else nixpkgs.lib.nixosSystem;
in
make {
  inherit system;
  modules = [
    ../machines/${name}.nix
    ../users/${user}/account.nix
    { home-manager.users.${user} = import ../users/${user}/home.nix; }
  ];
}
