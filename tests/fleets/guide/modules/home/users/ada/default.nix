{ config, inputs, ... }:
let
  inherit (config.flake.modules) homeManager;
in
{
  flake.modules.homeManager."users/ada" =
    { config, lib, ... }:
    {
      home.username = lib.mkDefault "ada";
      home.homeDirectory = lib.mkDefault "/Users/ada";
      home.stateVersion = "25.11";

      imports = with homeManager; [
        aggregate-core
        aggregate-shell
        aggregate-development # since the merger
        # aggregate-ai
      ];

      programs.git.settings.user = {
        name = lib.mkForce "Ada Ferreira";
        email = lib.mkForce "ada@example.com";
      };

      sops = {
        age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
        defaultSopsFile = "${inputs.self}/secrets/users/ada.sops.yaml";
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
