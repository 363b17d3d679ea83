{ xdg.enable = true; }
