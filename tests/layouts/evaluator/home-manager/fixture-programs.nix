# The programs that the fixtures' aggregates switch on, and git's identity in the words of the
# home-manager that the fleet has locked: the older names are no alias there but the option itself.
{ lib, ... }:
let
  inherit (lib) mkOption mkEnableOption types;
  lock = builtins.fromJSON (builtins.readFile ../../locked.json);
  root = lock.nodes.${lock.root}.inputs;
  isNew = lock.nodes.${root.home-manager}.locked.lastModified >= 1761955200;
  text = mkOption {
    type = types.nullOr types.str;
    default = null;
  };
  alias =
    old: new:
    lib.mkRenamedOptionModule
      [ "programs" "git" old ]
      [
        "programs"
        "git"
        "settings"
        "user"
        new
      ];
in
{
  imports = lib.optionals isNew [
    (alias "userName" "name")
    (alias "userEmail" "email")
  ];

  options = {
    programs =
      lib.genAttrs [
        "direnv"
        "fish"
        "helix"
        "home-manager"
        "ssh"
        "starship"
        "zsh"
      ] (name: { enable = mkEnableOption name; })
      // {
        git = {
          enable = mkEnableOption "git";
        }
        // (
          if isNew then
            {
              settings = mkOption {
                type = types.attrsOf types.anything;
                default = { };
              };
            }
          else
            {
              userName = text;
              userEmail = text;
            }
        );
      };
    services.lorri.enable = mkEnableOption "lorri";
    fonts.fontconfig.enable = mkEnableOption "fonts";
  };
}
