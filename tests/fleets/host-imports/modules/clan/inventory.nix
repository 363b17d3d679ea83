{
  clan.inventory.instances.user-juno = {
    module = {
      name = "users";
      input = "clan-core";
    };
    roles.default.machines."slate" = { };
    roles.default.machines."shale" = { };
    roles.default.settings = {
      user = "juno";
      groups = [
        "wheel"
        "networkmanager"
      ];
      share = true;
      prompt = false;
    };
  };
}
