{ ... }:
let
  content =
    { flake, ... }:
    {
      home.stateVersion = "25.05";

      sops = {
        defaultSopsFile = flake.inputs.self + "/secrets/home-manager/users/rhea/secrets.yaml";
        secrets = {
          github-token = { };
          ssh-signing-key = {
            mode = "0400";
          };
        };
      };

      programs.git.settings = {
        user.name = flake.users.rhea.meta.fullname;
        user.email = flake.users.rhea.meta.email;
      };
    };
in
{
  flake.users.rhea.contentPrivate = content;
}
