{
  description = "A fixture fleet, evaluated";

  outputs =
    inputs:
    import ./offline/fleet.nix {
      inherit inputs;
      modules = ./modules;
    };
}
