# Homes that are activated together with their machine: home-manager's NixOS and nix-darwin module.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.home-manager;
  each = f: builtins.concatLists (lib.mapAttrsToList f cfg.users);
in
{
  options.home-manager = {
    useGlobalPkgs = lib.mkEnableOption "the machine's packages in homes";
    useUserPackages = lib.mkEnableOption "packages through `users.users`";
    backupFileExtension = mkOption {
      type = types.nullOr types.str;
      default = null;
    };
    extraSpecialArgs = mkOption {
      type = types.attrs;
      default = { };
    };
    sharedModules = mkOption {
      type = types.listOf types.raw;
      default = [ ];
    };
    users = mkOption {
      type = types.attrsOf (
        types.submoduleWith {
          description = "Home Manager module";
          specialArgs = cfg.extraSpecialArgs // {
            osConfig = config;
          };
          modules =
            (import ../home-manager { inherit lib; }).modules
            ++ cfg.sharedModules
            ++ [
              (
                { name, ... }:
                {
                  _file = "home-manager for the machine";
                  _module.args = { inherit pkgs; };
                  # The account decides; a person's module only proposes, with `mkDefault`.
                  home.username = config.users.users.${name}.name;
                  home.homeDirectory = config.users.users.${name}.home;
                }
              )
            ];
        }
      );
      default = { };
    };
  };

  config = {
    assertions = each (
      user: home: map (a: a // { message = "${user} profile: ${a.message}"; }) home.assertions
    );
    warnings = each (user: home: map (text: "${user} profile: ${text}") home.warnings);
  };
}
