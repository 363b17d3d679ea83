{
  flake.users.<< user|attr >>.meta = {
    username = << user >>;
    fullname = << name >>;
    email = << email >>;
<% if ssh_keys %>    sshKeys = [
<% for key in ssh_keys %>      << key >>
<% endfor %>    ];
<% endif %>  };
}
