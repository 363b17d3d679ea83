# A person's home: what `home-manager.lib.homeManagerConfiguration` is.
#
# `modules` are the options that home modules may set; `evaluate` makes one standalone home of them.
{ lib }:
let
  modules = [
    ./home.nix
    ./programs.nix
    ./sops.nix
    ./generation.nix
  ];
in
{
  inherit modules;

  evaluate =
    {
      pkgs,
      modules ? [ ],
      extraSpecialArgs ? { },
    }@home:
    let
      evaluated = lib.evalModules {
        specialArgs = extraSpecialArgs;
        modules = [
          {
            _file = "mkHomeConfiguration";
            _module.args = { inherit pkgs; };
          }
        ]
        ++ (import ./. { inherit lib; }).modules
        ++ home.modules or [ ];
      };
      config = lib.checked evaluated.config;
    in
    {
      inherit config pkgs;
      inherit (evaluated) options;
      inherit (config.home) activationPackage;
    };
}
