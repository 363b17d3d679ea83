{ lib, ... }:
{
  options.flake.users = lib.mkOption {
    description = "People: who they are and what they use.";
    default = { };
    type = lib.types.attrsOf lib.types.raw;
  };
  options.flake.userAliases = lib.mkOption {
    default = { };
    type = lib.types.attrsOf lib.types.str;
  };

  # Older machines know rhea by another name.
  config.flake.userAliases = {
    rheam = "rhea";
  };
}
