{ inputs, ... }:
{
  << place|raw >>.<< instance|attr >> = {
    module = {
      name = "users";
      input = "clan-core";
    };

<% for machine in machines %>    roles.default.machines.<< machine.name|attr >> = {<% if machine.groups %> settings.groups = [<% for group in machine.groups %> << group >><% endfor %> ];<% endif %> };
<% endfor %>
    roles.default.settings = {
      user = << user >>;
      groups = [<% for group in groups %> << group >><% endfor %> ];
      share = true;
      prompt = false;
    };

    roles.default.extraModules = [
<% if home and home_manager %>      inputs.home-manager.nixosModules.home-manager
<% endif %>      (
        { pkgs, ... }:
        {
          users.users.<< user|attr >>.shell = pkgs.<< shell|attr >>;
<% if uid %>          users.users.<< user|attr >>.uid = << uid|raw >>;
<% endif %><% if ssh_keys %>          users.users.<< user|attr >>.openssh.authorizedKeys.keys = [
<% for key in ssh_keys %>            << key >>
<% endfor %>          ];
<% endif %><% if enabled %>          programs.<< shell|attr >>.enable = true;
<% endif %>
<% if home %>          home-manager = {
            useGlobalPkgs = true;
            useUserPackages = true;
            backupFileExtension = "before-home-manager";
<% if flake %>            extraSpecialArgs.flake = inputs.self // { inherit inputs; };
<% endif %>            users.<< user|attr >> = {
              imports = [
                inputs.self.modules.homeManager.<< ("users/" ~ user)|attr >>
<% for name in aggregates %>                inputs.self.modules.homeManager.<< name|attr >>
<% endfor %>              ];
              home.username = << user >>;
            };
          };
<% endif %>        }
      )
    ];
  };
}
