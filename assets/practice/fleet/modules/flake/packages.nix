# The package sets, by system.
{ lib, ... }:
{
  flake.pkgs = lib.genAttrs [
    "aarch64-darwin"
    "aarch64-linux"
    "x86_64-darwin"
    "x86_64-linux"
  ] (import ../../offline/pkgs.nix { inherit lib; });
}
