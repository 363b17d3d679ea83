{ config,<% if not own_maker or not own_packages %> inputs,<% endif %> ... }:
{
  flake.homeConfigurations.<< configuration|attr >> = <% if own_maker %>config.lib.mkHomeConfiguration<% else %>inputs.home-manager.lib.homeManagerConfiguration<% endif %> {
    pkgs = <% if own_packages %>config.flake.pkgs<% else %>inputs.nixpkgs.legacyPackages<% endif %>.<< system|attr >>;
<% if flake and not own_maker %>    extraSpecialArgs.flake = config.flake // {
      inherit inputs;
    };
<% endif %>    modules = [
      config.flake.modules.homeManager.<< ("users/" ~ user)|attr >>
<% for name in aggregates %>      config.flake.modules.homeManager.<< name|attr >>
<% endfor %>      {
        home.username = << user >>;
        home.homeDirectory = << home_folder >>;
      }
    ];
  };
}
