<# The home file of a person in a fleet of no known layout; this folder is no layout itself. #>
{ ... }:
{
<% if imports %>  imports = [
<% for path in imports %>    << path|raw >>
<% endfor %>  ];

<% endif %><% if alone %>  home.username = << user >>;
  home.homeDirectory = << alone >>;
<% endif %><% if state_version %>  home.stateVersion = << state_version >>;

<% endif %><% if git == "settings" %>  programs.git.settings.user = {
    name = << name >>;
    email = << email >>;
  };
<% else %>  programs.git = {
    userName = << name >>;
    userEmail = << email >>;
  };
<% endif %>}
