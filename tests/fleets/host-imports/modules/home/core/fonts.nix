{
  # Fonts, merged into the same aggregate.
  flake.modules.homeManager.core.fonts.fontconfig.enable = true;
}
