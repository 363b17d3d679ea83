{ inputs, ... }:
{
  clan.inventory.instances = {
    # Root's password, and nothing else.
    users-root = {
      module.name = "users";
      roles.default.tags.nixos = { };
      roles.default.settings.user = "root";
    };

    # Ada Ferreira, administrator
    users-ada = {
      module.name = "users";
      module.input = "clan-core";
      roles.default = {
        machines = {
          quartz = { };
          slate = {
            settings.groups = [ "docker" ];
          };
        };
        tags.cloud = { };
        settings = {
          user = "ada";
          groups = [ "wheel" ];
          share = true;
          prompt = false;
        };
        extraModules = [
          inputs.home-manager.nixosModules.home-manager
          (
            { pkgs, ... }:
            {
              users.users.ada.shell = pkgs.zsh;
              programs.zsh.enable = true;
              home-manager.useGlobalPkgs = true;
              home-manager.useUserPackages = true;
              home-manager.users.ada = {
                imports = [ inputs.self.modules.homeManager."users/ada" ];
                home.username = "ada";
              };
            }
          )
        ];
      };
    };

    # He has a machine to himself.
    users-kai = {
      module.name = "users";
      module.input = "clan-core";
      roles.default = {
        machines = {
          shale = { };
          # marl = { };
        };
        tags = [ "server" ];
        settings = {
          user = "kai";
          groups = [ ];
          prompt = true;
        };
        extraModules = [
          inputs.home-manager.nixosModules.home-manager
          {
            home-manager.users.kai.imports = [ inputs.self.modules.homeManager."users/kai" ];
          }
        ];
      };
    };

    zerotier.roles.controller.machines.slate = { };
  };
}
