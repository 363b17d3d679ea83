# Secrets in the home, as sops-nix's home-manager module has them: the same options, the same
# assertions, and the same manifest for `sops-install-secrets`.
# https://github.com/Mic92/sops-nix/blob/master/modules/home-manager/sops.nix
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.sops;

  # A key in the store could be read by everybody on the machine.
  pathNotInStore = types.str // {
    description = "path not in the Nix store";
    check = v: types.path.check v && !lib.hasPrefix builtins.storeDir (toString v);
  };

  secret =
    { config, name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
        };
        key = mkOption {
          type = types.str;
          default = name;
          description = "The key in the encrypted file.";
        };
        path = mkOption {
          type = types.str;
          default = "${cfg.defaultSymlinkPath}/${name}";
          description = "Where the secret is linked to.";
        };
        format = mkOption {
          type = types.enum [
            "yaml"
            "json"
            "binary"
            "ini"
            "dotenv"
          ];
          default = cfg.defaultSopsFormat;
        };
        mode = mkOption {
          type = types.str;
          default = "0400";
        };
        sopsFile = mkOption {
          type = types.path;
          default = cfg.defaultSopsFile;
          apply = file: "${file}";
        };
      };
    };
in
{
  options.sops = {
    secrets = mkOption {
      type = types.attrsOf (types.submodule secret);
      default = { };
    };
    defaultSopsFile = mkOption { type = types.path; };
    defaultSopsFormat = mkOption {
      type = types.str;
      default = "yaml";
    };
    defaultSymlinkPath = mkOption {
      type = types.str;
      default = "${config.xdg.configHome}/sops-nix/secrets";
    };
    defaultSecretsMountPoint = mkOption {
      type = types.str;
      default = "%r/secrets.d";
    };
    validateSopsFiles = mkOption {
      type = types.bool;
      default = true;
    };
    keepGenerations = mkOption {
      type = types.int;
      default = 1;
    };
    log = mkOption {
      type = types.listOf (
        types.enum [
          "keyImport"
          "secretChanges"
        ]
      );
      default = [
        "keyImport"
        "secretChanges"
      ];
    };
    age = {
      keyFile = mkOption {
        type = types.nullOr pathNotInStore;
        default = null;
      };
      generateKey = mkOption {
        type = types.bool;
        default = false;
      };
      sshKeyPaths = mkOption {
        type = types.listOf types.path;
        default = [ ];
      };
    };
    gnupg = {
      home = mkOption {
        type = types.nullOr types.str;
        default = null;
      };
      sshKeyPaths = mkOption {
        type = types.listOf types.path;
        default = [ ];
      };
    };
    manifest = mkOption {
      type = types.nullOr types.path;
      readOnly = true;
      description = "The manifest for `sops-install-secrets`; null where there are no secrets.";
    };
  };

  config = lib.mkMerge [
    {
      sops.manifest =
        if cfg.secrets == { } then
          null
        else
          builtins.toFile "manifest.json" (
            builtins.toJSON {
              secrets = builtins.attrValues cfg.secrets;
              templates = [ ];
              placeholderBySecretName = { };
              secretsMountPoint = cfg.defaultSecretsMountPoint;
              symlinkPath = cfg.defaultSymlinkPath;
              inherit (cfg) keepGenerations;
              gnupgHome = cfg.gnupg.home;
              sshKeyPaths = cfg.gnupg.sshKeyPaths;
              ageKeyFile = cfg.age.keyFile;
              ageSshKeyPaths = cfg.age.sshKeyPaths;
              useTmpfs = false;
              userMode = true;
              logging = {
                keyImport = builtins.elem "keyImport" cfg.log;
                secretChanges = builtins.elem "secretChanges" cfg.log;
              };
            }
          );
    }
    (lib.mkIf (cfg.secrets != { }) {
      assertions = [
        {
          assertion =
            cfg.gnupg.home != null
            || cfg.gnupg.sshKeyPaths != [ ]
            || cfg.age.keyFile != null
            || cfg.age.sshKeyPaths != [ ];
          message = "No key source configured for sops. Either set services.openssh.enable or set sops.age.keyFile or sops.gnupg.home";
        }
      ]
      # Catches a secrets file that git does not know yet, which is absent from the flake's copy.
      ++ lib.optionals cfg.validateSopsFiles (
        lib.mapAttrsToList (name: s: {
          assertion = builtins.pathExists s.sopsFile;
          message = "Cannot find path '${s.sopsFile}' set in sops.secrets.${lib.showOption [ name ]}.sopsFile";
        }) cfg.secrets
      );
    })
  ];
}
