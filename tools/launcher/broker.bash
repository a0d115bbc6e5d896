# The lab's broker in a terminal, and a private one for the demo.

# Debian keeps daemons where an ordinary user's PATH does not look.
find_mosquitto() {
  PATH=$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin command -v mosquitto ||
    die "mosquitto is missing: ./lab setup installs it"
}

# broker [PORT]: all listeners move along with the first one.
broker() {
  local mosquitto configuration=mosquitto.conf first port
  mosquitto=$(find_mosquitto)
  first=$(sed -n '/^listener /{s/^listener \([0-9]*\).*/\1/p;q;}' mosquitto/mosquitto.conf)
  port=${1:-$first}
  if listens "$port"; then
    die "port $port is taken$(holder "$port"). If that is the broker of the system: sudo systemctl stop mosquitto, or on
     macOS brew services stop mosquitto. If it is another user's, take other ports: ./lab broker --port 2883"
  fi
  if [ "$port" != "$first" ]; then configuration=$(shifted_by $((port - first))); fi
  # Started by root, mosquitto becomes another user, who has to be able to read these.
  if [ "$(id -u)" = 0 ]; then chmod -R a+rX mosquitto; fi
  say "The broker, until Ctrl-C: port $port for everybody, $((port + 1)) with a password"
  if [ "$port" != "$first" ]; then printf '   In the other terminals: export MQTT_PORT=%s\n' "$port"; fi
  cd mosquitto
  SECONDS=0
  if "$mosquitto" -c "$configuration"; then return; fi
  if [ "$SECONDS" -gt 2 ]; then die "the broker was ended"; fi
  die "the broker did not start: its last lines above say why"
}

# shifted_by NUMBER: the configuration with other ports. What it names is found from the folder of the old one.
shifted_by() {
  local file
  mkdir "$work/tls"
  for file in mosquitto/mosquitto.conf mosquitto/tls/*.conf; do
    if [ ! -e "$file" ]; then continue; fi # no certificates were made
    awk -v by="$1" '$1 == "listener" { $2 += by } 1' "$file" |
      sed "s|^include_dir tls|include_dir $work/tls|" >"$work/${file#mosquitto/}"
  done
  printf '%s\n' "$work/mosquitto.conf"
}

# holder PORT: " by PROGRAM, process NUMBER", as far as this user may know.
holder() {
  { ss -Hltnp "sport = :$1" || true; } 2>/dev/null |
    sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ by \1, process \2/p' | head -n 1
}

# Starts a broker on a free port, which it leaves in $port.
start_private_broker() {
  local mosquitto try tenths
  mosquitto=$(find_mosquitto)
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 10000 + try))
    printf 'listener %s 127.0.0.1\nallow_anonymous true\nlog_type all\n' "$port" >"$work/mosquitto.conf"
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
