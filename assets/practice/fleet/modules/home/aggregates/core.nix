# aggregate-core: The basics: XDG folders, SSH, search tools
{
  flake.modules.homeManager.aggregate-core =
    { pkgs, ... }:
    {
      xdg.enable = true;
      programs = {
        fd.enable = true;
        ripgrep.enable = true;
        ssh.enable = true;
      };
      home.packages = with pkgs; [
        jq
        sops
      ];
    };
}
