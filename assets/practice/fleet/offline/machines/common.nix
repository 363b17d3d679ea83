# The options that both kinds of machine have.
{ config, lib, ... }:
let
  inherit (lib) mkEnableOption mkOption types;

  account =
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
        };
        description = mkOption {
          type = types.str;
          default = "";
        };
        uid = mkOption {
          type = types.nullOr types.int;
          default = null;
        };
        shell = mkOption {
          type = types.nullOr (types.either types.package types.path);
          default = null;
        };
        openssh.authorizedKeys.keys = mkOption {
          type = types.listOf types.singleLineStr;
          default = [ ];
        };
      };
    };
in
{
  options = {
    users.users = mkOption {
      type = types.attrsOf (
        types.submoduleWith {
          modules = [ account ] ++ config.users.accountModules;
        }
      );
      default = { };
    };
    # Internal: what each platform adds to an account.
    users.accountModules = mkOption {
      type = types.listOf types.raw;
      default = [ ];
    };
    networking.hostName = mkOption { type = types.str; };
    nixpkgs.hostPlatform = mkOption { type = types.str; };
    nix.settings = mkOption {
      type = types.attrsOf types.anything;
      default = { };
    };
    environment.systemPackages = mkOption {
      type = types.listOf types.package;
      default = [ ];
    };
    programs.zsh.enable = mkEnableOption "zsh";
    services.openssh.enable = mkEnableOption "the SSH server";
    system.build.toplevel = mkOption {
      type = types.package;
      readOnly = true;
    };
    assertions = mkOption {
      type = types.listOf types.raw;
      default = [ ];
    };
    warnings = mkOption {
      type = types.listOf types.str;
      default = [ ];
    };
  };

  # Nothing is activated from here: it exists so that building a machine builds its people's homes.
  # Why the builder is this one: ../home-manager/generation.nix.
  config.system.build.toplevel = derivation {
    name = "system-${config.networking.hostName}";
    system = "builtin";
    builder = "builtin:buildenv";
    manifest = builtins.toFile "system" "${config.networking.hostName} ${config.nixpkgs.hostPlatform}\n";
    derivations = [ ];
    homes = map (home: home.home.activationPackage) (builtins.attrValues config.home-manager.users);
  };
}
