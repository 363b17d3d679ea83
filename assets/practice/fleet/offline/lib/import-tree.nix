# Every module below a folder: each `.nix` file whose path has no part that starts with `_`.
#
# The folder is read, not listed in a file. That is why a new module must be shown to git before Nix
# knows it: in a flake the folder is a copy of what git tracks, and a file that is missing there is
# no error, it is just not part of the fleet.
folder:
let
  visit =
    at:
    builtins.concatLists (
      builtins.attrValues (
        builtins.mapAttrs (
          name: kind:
          if builtins.substring 0 1 name == "_" then
            [ ]
          else if kind == "directory" then
            visit (at + "/${name}")
          else if builtins.match ".*[.]nix" name != null then
            [ (at + "/${name}") ]
          else
            [ ]
        ) (builtins.readDir at)
      )
    );
in
visit folder
