<% if aggregates_file == "meta.nix" %>{ config, ... }:
<% endif %>{
  flake.users.<< user|attr >> = {
    meta = {
      username = << user >>;
      fullname = << name >>;
      email = << email >>;
      sshKeys = [<% for key in ssh_keys %>
        << key >><% endfor %> ];
    };
<% if aggregates_file == "meta.nix" %>    aggregates = with config.flake.modules.homeManager; [
<% for name in imports %>      << name|item("config.flake.modules.homeManager")|raw >>
<% endfor %>    ];
<% endif %>  };
}
