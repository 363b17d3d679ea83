# The programs that the aggregates switch on. Each brings the file it is known for; the files lie in
# ./home-files under the path that they get in the home.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkEnableOption mkIf types;
  inherit (config) programs;

  settings = lib.mkOption {
    type = types.attrsOf types.anything;
    default = { };
  };

  # A program that is either on or off: its package, and its files below ./home-files.
  simple = name: files: {
    options.programs.${name}.enable = mkEnableOption name;
    config = mkIf programs.${name}.enable {
      home.packages = lib.optional (pkgs ? ${name}) pkgs.${name};
      home.file = lib.genAttrs files (file: {
        source = ./home-files + "/${file}";
      });
    };
  };

  # Git's own quoting, so that any name survives: https://git-scm.com/docs/git-config#_syntax
  quoted =
    text: "\"${builtins.replaceStrings [ "\\" "\"" "\n" "\t" ] [ "\\\\" "\\\"" "\\n" "\\t" ] text}\"";
  gitValue = v: if builtins.isString v then quoted v else builtins.toJSON v;
  # `[user]` with its values, then each set inside it as `[user "name"]`.
  gitSection =
    heading: values:
    let
      inside = lib.filterAttrs (_: builtins.isAttrs) values;
      own = lib.filterAttrs (_: v: !builtins.isAttrs v) values;
      row = key: v: "\t${key} = ${gitValue v}\n";
      rows = key: v: if builtins.isList v then lib.concatMapStrings (row key) v else row key v;
    in
    lib.optionalString (
      own != { }
    ) "[${heading}]\n${lib.concatStringsSep "" (lib.mapAttrsToList rows own)}"
    + lib.concatStringsSep "" (
      lib.mapAttrsToList (name: gitSection "${heading} ${quoted name}") inside
    );
in
{
  imports = [
    (simple "bash" [ ".bashrc" ])
    (simple "direnv" [ ".config/direnv/direnvrc" ])
    (simple "fd" [ ".config/fd/ignore" ])
    (simple "git" [ ".config/git/ignore" ])
    (simple "neovim" [ ".config/nvim/init.lua" ])
    (simple "ripgrep" [ ".config/ripgrep/ripgreprc" ])
    (simple "ssh" [ ".ssh/config" ])
    (simple "starship" [ ".config/starship.toml" ])
    (simple "zsh" [ ".zshrc" ])
    (lib.mkRenamedOptionModule
      [ "programs" "git" "userName" ]
      [ "programs" "git" "settings" "user" "name" ]
    )
    (lib.mkRenamedOptionModule
      [ "programs" "git" "userEmail" ]
      [ "programs" "git" "settings" "user" "email" ]
    )
    (lib.mkRenamedOptionModule [ "programs" "git" "extraConfig" ] [ "programs" "git" "settings" ])
  ];

  options.programs = {
    git = {
      inherit settings;
      ignores = lib.mkOption {
        type = types.listOf types.str;
        default = [ ];
      };
    };
    starship = { inherit settings; };
    zsh.shellAliases = lib.mkOption {
      type = types.attrsOf types.str;
      default = { };
    };
    home-manager.enable = mkEnableOption "the home-manager command";
  };

  config = mkIf (programs.git.enable && programs.git.settings != { }) {
    xdg.configFile."git/config".text = lib.concatStringsSep "" (
      lib.mapAttrsToList gitSection programs.git.settings
    );
  };
}
