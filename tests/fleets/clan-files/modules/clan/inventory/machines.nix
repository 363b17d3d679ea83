{
  clan.inventory.machines = {
    quartz = {
      machineClass = "darwin";
      tags = [ "laptop" ];
    };
    slate = {
      tags = [
        "server"
        "cloud"
      ];
      deploy.targetHost = "root@slate.example.net";
    };
    shale = {
      tags = [ "server" ];
      deploy.targetHost = "root@shale.example.net";
    };
    marl.deploy.targetHost = "root@marl.example.net";
  };
}
