# A person's home as in the practice fleet, without sops and with the programs of the fixtures.
{ lib }:
let
  options = [
    ./home.nix
    ./fixture-programs.nix
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
            _file = "homeManagerConfiguration";
            _module.args = { inherit pkgs; };
          }
        ]
        ++ options
        ++ modules;
      };
    in
    {
      config = lib.checked evaluated.config;
      inherit (evaluated) options;
      inherit pkgs;
    };
}
