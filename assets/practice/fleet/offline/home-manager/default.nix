# A person's home: what `home-manager.lib.homeManagerConfiguration` is.
#
# `modules` are the options that home modules may set; `evaluate` makes one standalone home of them.
{ lib }:
let
  options = [
    ./home.nix
    ./programs.nix
    ./sops.nix
    ./generation.nix
  ];
in
{
  modules = options;

  evaluate =
    {
      pkgs,
      modules ? [ ],
      extraSpecialArgs ? { },
    }:
    let
      evaluated = lib.evalModules {
        specialArgs = extraSpecialArgs;
        modules = [
          {
            _file = "mkHomeConfiguration";
            _module.args = { inherit pkgs; };
          }
        ]
        ++ options
        ++ modules;
      };
      config = lib.checked evaluated.config;
    in
    {
      inherit config pkgs;
      inherit (evaluated) options;
      inherit (config.home) activationPackage;
    };
}
