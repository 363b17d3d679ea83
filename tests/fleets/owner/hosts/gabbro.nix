{ pkgs, ... }:

{
	networking.hostName = "gabbro";
	nixpkgs.hostPlatform = "x86_64-linux";
	system.stateVersion = "25.05";

	home-manager = {
		backupFileExtension = "bak";
	};
}
