# Exercise 5 in one terminal: its two programs side by side, with a broker of their own.

demo() {
  local width object controller started columns=() status=0
  build dev
  start_private_broker
  if [ -t 1 ]; then width=$(tput cols 2>/dev/null || echo 80); else width=160; fi
  width=$(((width - 2) / 2))

  say "Exercise 5 for twenty seconds: a smart object gets too hot, its controller switches it off and on again"
  printf '(Without time stamps, and without /device/device001/ before each topic.)\n'
  if [ "$width" -ge 60 ]; then
    printf '\n%-*s  %s\n%-*s  %s\n' "$width" 'SMART OBJECT' 'CONTROLLER' "$width" '------------' '----------'
  fi
  start_in_column controller $((width + 2)) "$width" \
    build/dev/bin/mqtt_smart_object_controller --port "$port" --off-seconds 4
  controller=$started
  start_in_column "smart object" 0 "$width" \
    build/dev/bin/mqtt_smart_object --port "$port" --interval 0.5 --count 40 --seed 1
  object=$started
  wait "$object" || status=$?
  kill -INT "$controller" 2>/dev/null || status=$?
  wait "$controller" || status=$?
  wait "${columns[@]}"
  [ "$status" = 0 ] || die "one of the programs ended with status $status"

  say "That was the last exercise. Start with the first:"
  cat <<'EOF'

  ./lab broker                        in one terminal,
  build/dev/bin/simple_consumer       in a second one,
  build/dev/bin/simple_producer       in a third.

README.md explains them, and the four exercises after it.
EOF
}

# column NAME LEFT WIDTH: prints each line that it reads in a column of the terminal, LEFT characters from the left; in
# a terminal too narrow for that, behind the name. What all topics begin with and the time stamps are left out.
column() {
  local line
  shopt -s extglob
  while IFS= read -r line; do
    line=${line//\/device\/device001\//}
    line=${line/\"timestamp\":+([0-9]),/}
    line=${line/timestamp +([0-9]), /}
    if [ "$3" -lt 60 ]; then
      printf '%-12s | %s\n' "$1" "$line"
      continue
    fi
    while [ -n "$line" ]; do
      printf '%*s%s\n' "$2" '' "${line:0:$3}"
      line=${line:$3}
    done
  done
}

# start_in_column NAME LEFT WIDTH PROGRAM [OPTION...]: leaves the number of the program's process in $started.
start_in_column() {
  local pipe
  pipe=$work/$(basename "$4")
  mkfifo "$pipe"
  column "$1" "$2" "$3" <"$pipe" &
  columns+=($!)
  shift 3
  "$@" >"$pipe" 2>&1 &
  started=$!
}
