# A broker and two terminals side by side in one window, by tmux: a server of its own for each folder.

CONSUMER=simple_consumer PRODUCER="simple_producer --count 5 --seed 1" # exercise 1

up() {
  if [ -n "${TMUX:-}" ]; then
    by_hand "This is a tmux already. Split it twice, and type:"
  elif ! command -v tmux >/dev/null; then
    by_hand "Without tmux: open three terminals in this folder, and type:"
  elif [ ! -t 0 ] || [ ! -t 1 ]; then
    by_hand "This is no terminal. Open three in this folder, and type:"
  else
    mux has-session 2>/dev/null || open_panes
    # The window was closed: nothing goes on that nobody sees. A second hangup, of the shell before this one, is not to end
    # what does that.
    trap 'trap "" HUP; mux kill-server; exit 129' HUP
    mux attach-session || mux kill-server
    if mux has-session 2>/dev/null; then say "It goes on. ./lab up brings you back; exit in both ends it"; fi
  fi
}

mux() { tmux -L "mqtt-playground-$(cksum <<<"$PWD" | cut -d ' ' -f 1)" -f tools/tmux.conf "$@"; }

by_hand() {
  say "$1"
  cat <<END

   in the first one
      ./lab broker

   in the second one
      PATH="\$PWD/build/dev/bin:\$PATH"
      $CONSUMER

   in the third one
      PATH="\$PWD/build/dev/bin:\$PATH"
      $PRODUCER
END
}

open_panes() {
  local broker
  PATH=$PWD/build/dev/bin:$PATH
  MANPATH=$PWD/build/dev/man:${MANPATH:-} # the colon: and where man looks otherwise
  export PATH MANPATH
  mux new-session -d -x "$(tput cols)" -y "$(tput lines)" "${TERMINAL[@]}" "Exercise 1 of README.md. Type:" "$CONSUMER" \; \
    set-option -p @name 'terminal 1'
  broker=$(mux split-window -v -l 30% -P -F '#{pane_id}' "${BROKER[@]}")
  mux set-option -p -t "$broker" @name broker \; select-pane -U \; \
    split-window -h "${TERMINAL[@]}" "And here:" "$PRODUCER" \; set-option -p @name 'terminal 2' \; select-pane -L
}

# shellcheck disable=SC2016 # expanded in the terminal
TERMINAL=(bash -c 'printf "%s\n   %s\n\n" "$@"; exec "${SHELL:-bash}"' terminal)
# shellcheck disable=SC2016 # Ctrl-C ends the broker, and not what waits for it
BROKER=(bash -c 'trap : INT; ./lab broker; printf "\n%s\n\n" "./lab broker starts it again"; exec "${SHELL:-bash}"')
