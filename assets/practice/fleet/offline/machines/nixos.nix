# What only a NixOS machine has.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.system.stateVersion = mkOption { type = types.str; };

  config = {
    users.accountModules = [
      (
        { config, ... }:
        {
          options = {
            isNormalUser = lib.mkEnableOption "the settings of a person's account";
            isSystemUser = lib.mkEnableOption "the settings of a service's account";
            home = mkOption {
              type = types.path;
              default = if config.isNormalUser then "/home/${config.name}" else "/var/empty";
            };
            group = mkOption {
              type = types.str;
              default = if config.isNormalUser then "users" else "";
            };
            extraGroups = mkOption {
              type = types.listOf types.str;
              default = [ ];
            };
          };
        }
      )
    ];
    assertions = lib.mapAttrsToList (name: user: {
      assertion = user.isNormalUser != user.isSystemUser;
      message = "Exactly one of users.users.${name}.isSystemUser and users.users.${name}.isNormalUser must be set.";
    }) config.users.users;
  };
}
