# Who a home belongs to and which files it has.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.home;

  file =
    { config, name, ... }:
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
        };
        target = mkOption {
          # The generation lists one file a line.
          type = types.singleLineStr;
          default = name;
          apply = lib.removePrefix "${cfg.homeDirectory}/";
          description = "Where the link goes, below the home directory.";
        };
        text = mkOption {
          type = types.nullOr types.lines;
          default = null;
        };
        source = mkOption {
          type = types.path;
          description = "The file that is linked; made from `text` where that is given.";
        };
      };
      config.source = lib.mkIf (config.text != null) (
        lib.mkDefault (
          # A store name must not start with a dot and takes few characters. The prefix is how the
          # activation tells its own links from a person's.
          builtins.toFile "home-manager-files-${lib.storeName name}" config.text
        )
      );
    };
in
{
  options = {
    home = {
      username = mkOption { type = types.singleLineStr; };
      homeDirectory = mkOption {
        # Must be absolute, and is one line of the generation's facts.
        type = types.path // {
          check = v: types.path.check v && types.singleLineStr.check (toString v);
        };
        apply = toString;
      };
      stateVersion = mkOption {
        type = types.enum [
          "23.11"
          "24.05"
          "24.11"
          "25.05"
          "25.11"
          "26.05"
        ];
      };
      packages = mkOption {
        type = types.listOf types.package;
        default = [ ];
      };
      sessionVariables = mkOption {
        type = types.lazyAttrsOf (types.either types.str (types.either types.int types.path));
        default = { };
      };
      sessionPath = mkOption {
        type = types.listOf types.str;
        default = [ ];
      };
      shellAliases = mkOption {
        type = types.attrsOf types.str;
        default = { };
      };
      file = mkOption {
        type = types.attrsOf (types.submodule file);
        default = { };
      };
      preferXdgDirectories = mkOption {
        type = types.bool;
        default = false;
      };
    };
    xdg = {
      enable = lib.mkEnableOption "the XDG base directories";
      configHome = mkOption {
        type = types.path;
        default = "${cfg.homeDirectory}/.config";
      };
      dataHome = mkOption {
        type = types.path;
        default = "${cfg.homeDirectory}/.local/share";
      };
      stateHome = mkOption {
        type = types.path;
        default = "${cfg.homeDirectory}/.local/state";
      };
      configFile = mkOption {
        type = types.attrsOf types.anything;
        default = { };
        description = "As `home.file`, below `xdg.configHome`.";
      };
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

  config = {
    home.file = lib.mapAttrs' (
      name: lib.nameValuePair "${lib.removePrefix "${cfg.homeDirectory}/" config.xdg.configHome}/${name}"
    ) config.xdg.configFile;

    assertions = [
      {
        assertion = cfg.username != "";
        message = "Username could not be determined";
      }
    ];
  };
}
