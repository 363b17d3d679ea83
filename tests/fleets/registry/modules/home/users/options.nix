{ lib, ... }:
let
  inherit (lib) mkOption types;
  text = mkOption { type = types.str; };
  person =
    { config, ... }:
    {
      options = {
        meta = {
          username = text;
          fullname = text;
          email = text;
          sshKeys = mkOption {
            type = types.listOf types.str;
            default = [ ];
          };
        };
        aggregates = mkOption {
          type = types.listOf types.deferredModule;
          default = [ ];
        };
        contentPrivate = mkOption {
          type = types.deferredModule;
          default = { };
        };
        modules = mkOption {
          type = types.listOf types.raw;
          readOnly = true;
        };
      };
      config.modules = config.aggregates ++ [
        config.contentPrivate
        (whoever config.meta.username)
      ];
    };
  whoever =
    name:
    { pkgs, ... }:
    {
      home.username = lib.mkDefault name;
      home.homeDirectory = lib.mkDefault (
        if pkgs.stdenv.isDarwin then "/Users/${name}" else "/home/${name}"
      );
    };
in
{
  options.flake.users = mkOption {
    description = "People: who they are and what they use.";
    default = { };
    type = types.attrsOf (types.submodule person);
  };
  options.flake.userAliases = mkOption {
    default = { };
    type = types.attrsOf types.str;
  };

  # Older machines know rhea by another name.
  config.flake.userAliases = {
    rheam = "rhea";
  };
}
