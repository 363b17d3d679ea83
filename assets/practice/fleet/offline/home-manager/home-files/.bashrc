# Linked by the practice fleet.
HISTCONTROL=ignoreboth
command -v direnv >/dev/null && eval "$(direnv hook bash)"
