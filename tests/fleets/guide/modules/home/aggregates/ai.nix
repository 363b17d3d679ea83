{
  flake.modules.homeManager."aggregate-ai" =
    { pkgs, ... }:
    {
      home.packages = with pkgs; [
        llama-cpp
        whisper-cpp
      ];
    };
}
