{ lib, ... }:
{
  options.house.owner = lib.mkOption {
    type = lib.types.str;
    default = "rhea";
  };
}
