{ inputs, ... }:
{
  clan.inventory.instances.user-kai = {
    module.name = "users";
    module.input = "clan-core";
    roles.default = {
      tags = [ "server" ];
      settings = {
        user = "kai";
        groups = [ "video" ];
        prompt = false;
      };
      extraModules = [
        (
          { pkgs, ... }:
          {
            users.users.kai = {
              shell = pkgs.zsh;
              hashedPassword = "$6$rounds=5000$kaikaikai$0123456789abcdefghijklmnopqrstuvwxyz";
              extraGroups = [ "docker" ];
            };
            programs.zsh.enable = true;
            home-manager.useGlobalPkgs = true;
            home-manager.backupFileExtension = "before-home-manager";
            home-manager.users.kai.imports = [ inputs.self.modules.homeManager."users/kai" ];
          }
        )
      ];
    };
  };
}
