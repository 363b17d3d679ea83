{ config, inputs, ... }:
let
  hm = config.flake.modules.homeManager;
in
{
  flake.modules.homeManager."users/kai" =
    { config, lib, ... }:
    {
      home.username = lib.mkDefault "kai";
      home.homeDirectory = lib.mkDefault "/Users/kai";
      home.stateVersion = "25.11";

      imports = [ hm.aggregate-core ] ++ (with hm; [ aggregate-shell ]);

      programs.git.settings = {
        user.name = lib.mkForce "Kai Lindqvist";
        user.email = lib.mkForce "kai@example.com";
      };

      sops = {
        age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
        defaultSopsFile = "${inputs.self}/secrets/users/kai.sops.yaml";
        secrets."github-token" = { };
      };
    };
}
