{ lib, pkgs, ... }:
{
    networking.hostName = "slate";
    nixpkgs.hostPlatform = "aarch64-linux";
    system.stateVersion = "25.05";

    users.users."ada" = { isNormalUser = true; uid = 1000; };
    users.users."kai.l" = { isNormalUser = true; uid = 1001; };

    home-manager.users.ada = { pkgs, ... }: {
        imports = lib.flatten [ [ ../../home/ada.nix ] ] ++ [ ../../home/modules/shell.nix ];
        # Ada's own tools
        home.packages = [ pkgs.neovim pkgs.jq ];
    };
    home-manager.users."kai.l".imports = [ ../../home/kai.nix ];
}
