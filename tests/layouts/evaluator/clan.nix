# What clan makes of the instances of its `users` service, for one machine: modules for it.
#
# As clan-core 25.11 does: an instance applies where a role names the machine or one of its tags
# (`all` and the class among them); the service makes an account on NixOS only, and `extraModules`
# come everywhere (clanServices/users, modules/inventoryClass). A machine that is named must exist.
{ lib, clan }:
machine:
let
  inventory = clan.inventory or { };
  machines = (clan.machines or { }) // (inventory.machines or { });
  told = inventory.machines.${machine} or { };
  class = told.machineClass or "nixos";
  tags =
    (told.tags or [ ])
    ++ [
      "all"
      class
    ]
    ++ builtins.filter (tag: builtins.elem machine inventory.tags.${tag}) (
      builtins.attrNames (inventory.tags or { })
    );

  modules =
    name: instance:
    let
      role = instance.roles.default;
      named = role.machines or { };
      asked = role.tags or { };
      askedTags = if builtins.isList asked then asked else builtins.attrNames asked;
      strangers = builtins.filter (m: !(machines ? ${m})) (builtins.attrNames named);
      settings = role.settings or { };
      own = named.${machine}.settings or { };
      user = own.user or settings.user or name;
      applies = named ? ${machine} || builtins.any (tag: builtins.elem tag tags) askedTags;
    in
    if strangers != [ ] then
      throw "instance ${name}: no such machine: ${toString strangers}"
    else if !applies then
      [ ]
    else
      lib.optional (class == "nixos") {
        users.users.${user} = {
          isNormalUser = user != "root";
          isSystemUser = user == "root";
          extraGroups = (settings.groups or [ ]) ++ (own.groups or [ ]);
        };
      }
      ++ (role.extraModules or [ ]);

  isUsers = name: instance: (instance.module.name or name) == "users";
  instances = lib.filterAttrs isUsers (inventory.instances or { });
in
builtins.concatLists (lib.mapAttrsToList modules instances)
