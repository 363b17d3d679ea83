{
  # OUTER: the flake's arguments
  ...
}:
{
  flake.modules.homeManager."users/juno" =
    {
      config,
      pkgs,
      lib,
      flake,
      ...
    }:
    {
      home.stateVersion = "24.11";
      home.username = lib.mkDefault "juno";
      home.homeDirectory = lib.mkDefault (
        if pkgs.stdenv.isDarwin then "/Users/${config.home.username}" else "/home/${config.home.username}"
      );
      programs.git = {
        userName = "Juno Okafor";
        userEmail = "juno@example.com";
      };
      sops = {
        defaultSopsFile = flake.inputs.self + "/secrets/users/juno.sops.yaml";
        secrets = {
          github-token = { };
        };
      };
    };
}
