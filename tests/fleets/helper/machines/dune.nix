{
  networking.hostName = "dune";
}
