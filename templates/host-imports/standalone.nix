{ config, ... }:
{
  flake.homeConfigurations.<< configuration|attr >> = config.lib.mkHomeConfiguration {
    pkgs = config.flake.pkgs.<< system|attr >>;
    modules = [
      config.flake.modules.homeManager.<< ("users/" ~ user)|attr >>
      {
        home.username = << user >>;
        home.homeDirectory = << home_folder >>;
      }
    ];
  };
}
