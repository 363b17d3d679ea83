{
  users.users.milo.isNormalUser = true;
}
