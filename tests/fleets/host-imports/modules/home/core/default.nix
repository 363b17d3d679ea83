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
      { config, flake, ... }:
      {
        imports = [ flake.inputs.sops-nix.homeManagerModules.sops ];
        sops.age.keyFile = "${config.xdg.configHome}/sops/age/keys.txt";
      };
  };
}
