{ config,<% if needs.inputs %> inputs,<% endif %> ... }:
let
  inherit (config.flake.users.<< user|attr >>) meta;
in
{
  flake.users.<< user|attr >> = {
<% if aggregates_file == "default.nix" %>    aggregates = with config.flake.modules.homeManager; [
<% for name in imports %>      << name|item("config.flake.modules.homeManager")|raw >>
<% endfor %>    ];

<% endif %>    contentPrivate =
      { <% for arg in needs.home %><< arg|raw >>, <% endfor %>... }:
      {
<% if identity %>        home.username = lib.mkDefault meta.username;
        home.homeDirectory = lib.mkDefault << home|raw >>;
<% endif %><% if state_version %>        home.stateVersion = << state_version >>;
<% endif %>
<% if git == "settings" %>        programs.git.settings.user = {
          name = lib.mkForce meta.fullname;
          email = lib.mkForce meta.email;
        };
<% else %>        programs.git = {
          userName = lib.mkForce meta.fullname;
          userEmail = lib.mkForce meta.email;
        };
<% endif %><% if sops_cli %>
        # The sops command looks elsewhere on a Mac unless it is told.
        home.sessionVariables.SOPS_AGE_KEY_FILE = config.sops.age.keyFile;
<% endif %><% if secrets %>
        sops = {
<% if key_file %>          age.keyFile = << key_file|raw >>;
<% endif %>          defaultSopsFile = << secrets_file|raw >>;
          secrets = {
<% for secret in secrets %>            << secret.name|attr >> = <% if secret.path or secret.mode %>{
<% if secret.path %>              path = << secret.path|raw >>;
<% endif %><% if secret.mode %>              mode = << secret.mode >>;
<% endif %>            };
<% else %>{ };
<% endif %><% endfor %>          };
        };
<% endif %>      };
  };
}
