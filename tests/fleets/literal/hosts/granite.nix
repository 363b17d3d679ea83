{ pkgs, ... }: {
  networking.hostName = "granite";
  system.stateVersion = "24.11";
  nixpkgs.hostPlatform = "x86_64-linux";

  users.users.ada = {
    isNormalUser = true;
    extraGroups = [ "wheel" "docker" ];
    shell = pkgs.zsh;
  };
  programs.zsh.enable = true;
}
