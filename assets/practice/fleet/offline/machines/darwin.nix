# What only a Mac has.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    users.knownUsers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Accounts that nix-darwin may create and delete.";
    };
    system.primaryUser = mkOption {
      type = types.nullOr types.str;
      default = null;
    };
    system.stateVersion = mkOption { type = types.int; };
    security.pam.services.sudo_local.touchIdAuth = lib.mkEnableOption "Touch ID for sudo";
  };

  config = {
    users.accountModules = [
      {
        options = {
          # nix-darwin does not know where an existing account lives unless it is told.
          home = mkOption {
            type = types.nullOr types.path;
            default = null;
          };
          isHidden = lib.mkEnableOption "hiding the account";
          createHome = lib.mkEnableOption "creating the home directory";
        };
      }
    ];
    assertions = map (name: {
      assertion = config.users.users ? ${name} && config.users.users.${name}.uid != null;
      message = "users.knownUsers names ${name}, so users.users.${name}.uid must be set";
    }) config.users.knownUsers;
  };
}
