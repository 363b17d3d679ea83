# A home as one store path, laid out as home-manager's generations are:
#
#   activate       puts the home in place
#   home-files/    the programs' files, under the paths they get in the home
#   manifest.nix   the facts that `activate` needs, a line each, fields divided by tabs:
#                    username NAME · homeDirectory DIR · stateVersion VERSION
#                    sessionVariables PATH        a shell file that exports them
#                    sopsManifest PATH            only with secrets
#                    package NAME                 each package
#                    file TARGET SOURCE           each file of the home; TARGET is below it
#
# The builder is Nix's own `builtin:buildenv`, because it is inside every Nix: no shell, no sandbox
# and no platform matters, so a Mac's home builds on Linux and without a network. In exchange it
# only merges folders and links one file, which it calls `manifest.nix` whatever is in it; and it
# passes over names that begin with a dot, which is why the dotfiles arrive in a single folder that
# it links as a whole. Files made from text cannot be placed in a folder without running a program:
# those are listed in the facts alone.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.home;

  # The static files, all of them, and the part of them that this home uses.
  shelf = ./home-files;
  onShelf = target: source: toString source == toString (shelf + "/${target}");

  wanted = builtins.filter (f: f.enable) (builtins.attrValues cfg.file);
  shelved = builtins.filter (f: onShelf f.target f.source) wanted;

  homeFiles = builtins.path {
    # The activation knows its own links by this name, as home-manager does.
    name = "home-manager-files";
    path = ./.;
    filter =
      path: kind:
      let
        inside = lib.removePrefix "${toString shelf}/" path;
        keeps = f: f.target == inside || lib.hasPrefix "${inside}/" f.target;
      in
      path == toString shelf || (lib.hasPrefix "${toString shelf}/" path && builtins.any keeps shelved);
  };
  activation = builtins.path {
    name = "home-manager-activation";
    path = ./activation;
  };

  sessionVariables = builtins.toFile "hm-session-vars.sh" (
    lib.concatStringsSep "" (
      lib.mapAttrsToList (
        name: value: "export ${name}=${lib.escapeShellArg value}\n"
      ) cfg.sessionVariables
    )
  );

  storePath =
    f: if onShelf f.target f.source then "${homeFiles}/home-files/${f.target}" else "${f.source}";
  line = lib.concatStringsSep "\t";
  facts = builtins.toFile "home-manager-facts" (
    lib.concatMapStrings (fields: line fields + "\n") (
      [
        [
          "username"
          cfg.username
        ]
        [
          "homeDirectory"
          cfg.homeDirectory
        ]
        [
          "stateVersion"
          cfg.stateVersion
        ]
      ]
      ++ [
        [
          "sessionVariables"
          "${sessionVariables}"
        ]
      ]
      ++ lib.optional (config.sops.manifest != null) [
        "sopsManifest"
        "${config.sops.manifest}"
      ]
      ++ map (p: [
        "package"
        p.name
      ]) cfg.packages
      ++ map (f: [
        "file"
        f.target
        (storePath f)
      ]) wanted
    )
  );
in
{
  options.home.activationPackage = mkOption {
    type = types.package;
    readOnly = true;
  };

  config.home.activationPackage = derivation {
    name = "home-manager-generation";
    system = "builtin";
    builder = "builtin:buildenv";
    manifest = facts;
    # For each folder: is it active, its priority, how many outputs follow, the outputs.
    derivations =
      map
        (folder: [
          "true"
          "5"
          "1"
          folder
        ])
        [
          activation
          homeFiles
        ];
  };
}
