{ ... }:
let
  content =
    { flake, ... }:
    {
      home.stateVersion = "25.05";

      sops = {
        defaultSopsFile = flake.inputs.self + "/secrets/home-manager/users/theo/secrets.yaml";
        secrets = {
          github-token = { };
          ssh-signing-key = {
            mode = "0400";
          };
        };
      };

      programs.git.settings = {
        user.name = flake.users.theo.meta.fullname;
        user.email = flake.users.theo.meta.email;
      };
    };
in
{
  flake.users.theo.contentPrivate = content;
}
