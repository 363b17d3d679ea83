# Package sets that need no build and no network: what `pkgs` looks like to a module.
#
# A package here is a name and a version that stands for the program. Nothing is installed: a
# practice shows how a home is put together, not two gigabytes of tools.
{ lib }:
system:
let
  isDarwin = lib.hasSuffix "-darwin" system;

  package = pname: version: {
    type = "derivation";
    name = "${pname}-${version}";
    inherit pname version system;
    outPath = toString (builtins.toFile "${pname}-${version}" "stands for ${pname} ${version}\n");
  };
in
builtins.mapAttrs package {
  bash = "5.3";
  direnv = "2.37";
  fd = "10.3";
  fish = "4.1";
  git = "2.51";
  jq = "1.8";
  llm = "0.27";
  neovim = "0.11";
  nixfmt = "1.1";
  ripgrep = "14.1";
  sops = "3.11";
  starship = "1.24";
  zsh = "5.9";
}
// {
  inherit lib system;
  stdenv = {
    inherit isDarwin;
    isLinux = !isDarwin;
    hostPlatform = {
      inherit system isDarwin;
      isLinux = !isDarwin;
    };
  };
}
