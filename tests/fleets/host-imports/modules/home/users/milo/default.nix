{
  # OUTER: the flake's arguments
  ...
}:
{
  flake.modules.homeManager."users/milo" =
    {
      config,
      pkgs,
      lib,
      flake,
      ...
    }:
    {
      home.stateVersion = "24.11";
      home.username = lib.mkDefault "milo";
      home.homeDirectory = lib.mkDefault (
        if pkgs.stdenv.isDarwin then "/Users/${config.home.username}" else "/home/${config.home.username}"
      );
      programs.git = {
        userName = "Milo Brandt";
        userEmail = "milo@example.com";
      };
      sops = {
        defaultSopsFile = flake.inputs.self + "/secrets/users/milo.sops.yaml";
        secrets = {
          github-token = { };
        };
      };
    };
}
