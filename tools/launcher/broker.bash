# The lab's broker in a terminal, and a private one for the demo.

# Debian keeps daemons where an ordinary user's PATH does not look.
find_mosquitto() {
  PATH=$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin command -v mosquitto ||
    die "mosquitto is missing: ./lab setup installs it"
}

broker() {
  local mosquitto
  mosquitto=$(find_mosquitto)
  # Started by root, mosquitto becomes another user, who has to be able to read these.
  if [ "$(id -u)" = 0 ]; then chmod -R a+rX mosquitto; fi
  say "The lab's broker: port 1883 for everybody, port 1884 with a password. Ctrl-C ends it."
  cd mosquitto
  SECONDS=0
  if "$mosquitto" -c mosquitto.conf; then return; fi
  if [ "$SECONDS" -gt 2 ]; then die "the broker was ended"; fi
  printf 'lab: the broker did not start. If the address is in use, another one runs already: perhaps that of the\n' >&2
  printf '     system (sudo systemctl stop mosquitto), perhaps one in another terminal.\n' >&2
  return 1
}

# Starts a broker on a free port, which it leaves in $port.
start_private_broker() {
  local mosquitto try tenths
  mosquitto=$(find_mosquitto)
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 10000 + try))
    printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >"$work/mosquitto.conf"
    "$mosquitto" -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
    for ((tenths = 0; tenths < 50; tenths++)); do
      if grep -q 'version .* running' "$work/mosquitto.log"; then return; fi
      kill -0 $! 2>/dev/null || break # somebody else has that port
      sleep 0.1
    done
  done
  cat "$work/mosquitto.log" >&2
  die "no broker could be started"
}
