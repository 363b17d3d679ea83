{ config, inputs, ... }:
{
  flake.modules.homeManager."users/ada" =
    {
      config,
      lib,
      pkgs,
      ...
    }:
    {
      home.username = lib.mkDefault "ada";
      home.homeDirectory = lib.mkDefault (if pkgs.stdenv.isDarwin then "/Users/ada" else "/home/ada");
      home.stateVersion = "25.11";

      imports = with inputs.self.modules.homeManager; [
        aggregate-core
        aggregate-shell
      ];

      programs.git.settings.user = {
        name = lib.mkForce "Ada Ferreira";
        email = lib.mkForce "ada@example.com";
      };

      sops = {
        age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
        defaultSopsFile = "${inputs.self}/secrets/users/ada.sops.yaml";
        secrets."github-token" = { };
      };
    };
}
