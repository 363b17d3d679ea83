# What generated machine files set besides, and nobody looks at.
{ lib, ... }:
let
  anything = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = { };
  };
in
{
  options = {
    services.x = anything;
    environment.etc = anything;
  };
}
