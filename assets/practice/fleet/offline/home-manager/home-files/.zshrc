# Linked by the practice fleet (aggregate-shell).
setopt auto_cd hist_ignore_dups share_history
HISTFILE="${XDG_STATE_HOME:-$HOME/.local/state}/zsh-history"
HISTSIZE=10000
SAVEHIST=10000
command -v starship >/dev/null && eval "$(starship init zsh)"
command -v direnv >/dev/null && eval "$(direnv hook zsh)"
