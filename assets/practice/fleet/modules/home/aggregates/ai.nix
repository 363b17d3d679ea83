# aggregate-ai: A language model on the command line
{
  flake.modules.homeManager.aggregate-ai =
    { pkgs, ... }:
    {
      home.packages = [ pkgs.llm ];
      xdg.configFile."llm/aliases.json".text = builtins.toJSON { small = "local"; };
    };
}
