# Grace writes software, on basalt and granite.
{ config, inputs, ... }:
let
  # The flake's `config`; below, `config` is the home's.
  inherit (config.flake.modules) homeManager;
in
{
  flake.modules.homeManager."users/grace" =
    {
      config,
      pkgs,
      lib,
      ...
    }:
    {
      home.username = lib.mkDefault "grace";
      home.homeDirectory = lib.mkDefault (
        if pkgs.stdenv.isDarwin then "/Users/${config.home.username}" else "/home/${config.home.username}"
      );
      home.stateVersion = "25.11";

      imports = with homeManager; [
        aggregate-core
        aggregate-shell
        aggregate-development
        # aggregate-ai
      ];

      programs.git.settings.user = {
        name = lib.mkForce "Grace Okafor";
        email = lib.mkForce "grace@example.com";
      };

      sops = {
        age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
        defaultSopsFile = "${inputs.self}/secrets/users/grace.sops.yaml";
        secrets = {
          "github-token" = { };
          "ssh-signing-key" = {
            path = "${config.home.homeDirectory}/.ssh/id_ed25519_signing";
            mode = "0600";
          };
        };
      };
    };
}
