{
  description = "A small fleet to practise in: four machines, two people, nothing to download";

  # No inputs: what other fleets fetch (nixpkgs' module system, home-manager, sops-nix) has small
  # stand-ins in ./offline, so that this evaluates and builds without a network.
  inputs = { };

  # A new file below ./modules is part of the fleet as soon as git knows it; no list names it.
  outputs =
    inputs:
    import ./offline {
      inherit inputs;
      modules = ./modules;
    };
}
