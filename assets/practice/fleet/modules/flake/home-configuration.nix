# Makes a home that its owner activates alone, without the machine: see ../home/configurations.
{ lib, ... }:
{
  lib.mkHomeConfiguration = (import ../../offline/home-manager { inherit lib; }).evaluate;
}
