# Where one is: what ./lab says when it is asked for nothing.

# listens PORT: whether somebody does, on this computer.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

status() {
  local built=no broker=no next port=${MQTT_PORT:-1883}
  if [ -x build/dev/bin/mqtt_smart_object_controller ]; then built=yes; fi
  if listens "$port"; then broker=yes; fi
  case $built-$broker in
    no-*) next="./lab demo builds everything and shows what it is about. ./lab build only builds" ;;
    yes-no) next="./lab broker, in a terminal of its own" ;;
    *) next="the exercises of README.md. ./lab check shows how far you are" ;;
  esac
  printf 'MQTT Playground in C\n\n'
  row programs "$([ $built = yes ] && echo "built, in build/dev/bin" || echo "not built yet")"
  row broker "$([ $broker = yes ] && echo "one listens on port $port" || echo "none listens on port $port")"
  row next "$next"
  printf '\n./lab help shows all commands.\n'
}

row() { printf '  %-10s %s\n' "$1" "$2"; }
