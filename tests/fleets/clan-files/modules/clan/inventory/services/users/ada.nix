# Ada looks after all of it.
{ inputs, ... }:
{
  # Deployed to: quartz, slate
  clan.inventory.instances.user-ada = {
    module = {
      name = "users";
      input = "clan-core";
    };

    # Her own machines
    roles.default.machines."quartz" = { };
    roles.default.machines."slate" = { };
    # roles.default.machines."marl" = { }; # once it is back

    roles.default.settings = {
      user = "ada";
      groups = [
        "wheel" # may become root
        "networkmanager"
      ];
      share = true; # one password everywhere
      prompt = false;
    };

    # Shell, keys, home
    roles.default.extraModules = [
      inputs.home-manager.nixosModules.home-manager
      (
        { pkgs, ... }:
        {
          users.users.ada.shell = pkgs.zsh;

          # From her laptop
          users.users.ada.openssh.authorizedKeys.keys = [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIJT7C/hwMLNwbDsN1qVt+IxYQ1CwThQpiSCsNn3bBC ada@quartz"
          ];

          programs.zsh.enable = true;

          # She builds for others.
          nix.settings.trusted-users = [ "ada" ];

          home-manager = {
            useGlobalPkgs = true;
            useUserPackages = true;
            backupFileExtension = "before-home-manager";

            # What home modules know the flake by
            extraSpecialArgs = {
              flake = inputs.self // {
                inherit inputs;
              };
            };

            users.ada = {
              imports = [ inputs.self.modules.homeManager."users/ada" ];
              home.username = "ada";
            };
          };
        }
      )
    ];
  };
}
