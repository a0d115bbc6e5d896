# Exercise 5 as a picture: of any device, and in the demo of one that is started for it, with a broker of its own.

# watch [OPTION...] [DEVICE]: in the place of this process, with a Python that can draw, if there is one.
watch() {
  local python
  python=$(find_python ", rich" 2>/dev/null) || python=$(find_python)
  exec "$python" tools/watch/watch.py "$@"
}

demo() {
  local picture controller object failed=
  build dev
  start_private_broker
  say "Exercise 5 for twenty seconds: a room that gets too hot"
  watch --host 127.0.0.1 --port "$port" --until-offline &
  picture=$!
  until_subscribed "$picture"
  start_behind mqtt_smart_object_controller --off-seconds 4
  controller=$!
  start_behind mqtt_smart_object --interval 0.5 --count 40 --seed 1
  object=$!

  wait "$object" || failed=mqtt_smart_object
  kill "$controller" 2>/dev/null || true
  wait "$controller" || failed=${failed:-mqtt_smart_object_controller}
  if [ -n "$failed" ]; then
    kill "$picture" 2>/dev/null || true
    wait "$picture" || true
    cat "$work/$failed" >&2
    die "$failed has failed: its last lines above say why"
  fi
  wait "$picture" || die "the picture could not be drawn"
  what_was_seen
}

# until_subscribed PROCESS: what others publish before, it would not see.
until_subscribed() {
  local tenths
  for ((tenths = 0; tenths < 100; tenths++)); do
    if grep -q 'Sending SUBACK to watch-' "$work/mosquitto.log"; then return; fi
    kill -0 "$1" 2>/dev/null || return 0 # it has said why
    sleep 0.1
  done
}

# start_behind PROGRAM [OPTION...]: what it says goes to a file.
start_behind() { "build/dev/bin/$1" --host 127.0.0.1 --port "$port" "${@:2}" >"$work/$1" 2>&1 & }

what_was_seen() {
  say "What you have seen"
  cat <<'END'

   The smart object published its temperature twice a
   second. The broker passed every message on to those who
   had subscribed: the controller, and this picture.

   Above 35 degrees the object published an event. Above 37
   the controller published an action, and the object obeyed.
   Four seconds later the controller switched it on again.

   Neither of the two knows the other. All that they share is
   a broker, and the names of some topics.
END
  say "That was the last exercise. Start with the first"
  cat <<'END'

   ./lab up                        a broker and two terminals

   or, in three terminals of your own:

   ./lab broker
   build/dev/bin/simple_consumer
   build/dev/bin/simple_producer

   README.md explains them, and the four exercises after it.
   ./lab watch shows this picture again in exercise 5.
END
}
