{ config, inputs, ... }:
{
  flake.modules.homeManager."users/kai" =
    {
      config,
      lib,
      pkgs,
      ...
    }:
    {
      home.username = lib.mkDefault "kai";
      home.homeDirectory = lib.mkDefault (if pkgs.stdenv.isDarwin then "/Users/kai" else "/home/kai");
      home.stateVersion = "25.11";

      imports = with inputs.self.modules.homeManager; [
        aggregate-core
        aggregate-shell
      ];

      programs.git.settings.user = {
        name = lib.mkForce "Kai Ferreira";
        email = lib.mkForce "kai@example.com";
      };

      sops = {
        age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
        defaultSopsFile = "${inputs.self}/secrets/users/kai.sops.yaml";
        secrets."github-token" = { };
      };
    };
}
