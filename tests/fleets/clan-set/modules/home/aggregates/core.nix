{ inputs, ... }:
{
  # What everybody needs: XDG folders, ssh, secrets. Keep it small.
  flake.modules.homeManager.aggregate-core =
    { lib, ... }:
    {
      imports = [ inputs.sops-nix.homeManagerModules.sops ];
      programs.ssh.enable = true;
      xdg.enable = lib.mkDefault true;
    };
}
