{ lib, ... }:
{
  options.homes-check.users = lib.mkOption {
    type = lib.types.listOf lib.types.str;
    default = [ ];
  };
  options.hm-sops-bridge.users = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = { };
  };
}
