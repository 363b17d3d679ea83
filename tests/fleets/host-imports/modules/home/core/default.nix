{
  flake.modules.homeManager = {
    # Ground for everybody.
    core = {
      imports = [ ./_xdg.nix ];
      programs.home-manager.enable = true;
    };
    # Keys and
    # secrets: brings sops-nix in
    base-sops =
      { flake, ... }:
      {
        imports = [ flake.inputs.sops-nix.homeManagerModules.sops ];
      };
  };
}
