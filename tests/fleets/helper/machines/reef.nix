{
  networking.hostName = "reef";
}
