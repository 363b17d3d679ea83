{
  networking.hostName = "topaz";
  nixpkgs.hostPlatform = "x86_64-darwin";
  house.owner = "theo";
  users.users.theo.uid = 501;
}
