# Where one is: what ./lab says when it is asked for nothing.

TASKS=(1 2 3 4 5a 5b) # those of tools/check/tasks.py
TASKS_OF_PART_TWO=(6 7)

# listens PORT: whether somebody does, on this computer.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

status() {
  local built=no broker=no next port=${MQTT_PORT:-1883}
  if [ -x build/dev/bin/mqtt_smart_object_controller ]; then built=yes; fi
  if listens "$port"; then broker=yes; fi
  case $built-$broker in
    no-*) next="./lab demo: builds everything, and shows what it is about" ;;
    yes-no) next="./lab broker, in a terminal of its own" ;;
    *) next=$(next_task) ;;
  esac
  printf 'MQTT Playground in C\n\n'
  row programs "$([ $built = yes ] && echo "built, in build/dev/bin" || echo "not built yet")"
  row broker "$([ $broker = yes ] && echo "one listens on port $port" || echo "none listens on port $port")"
  row tasks "$(tasks)"
  row next "$next"
  printf '\n./lab help shows all commands.\n'
}

# What the last check of each task has found, until something that it looked at is saved again: see tools/check/check.py.
tasks() {
  local name shown=
  for name in $(tasks_that_count); do shown+="$name: $(verdict "$name")  "; done
  printf '%s' "${shown%  }"
}

# Part two is for those who want more: its tasks count from when one of them was checked, and are shown when they are next.
tasks_that_count() {
  printf '%s\n' "${TASKS[@]}"
  if part_two_has_begun || part_one_is_done; then printf '%s\n' "${TASKS_OF_PART_TWO[@]}"; fi
}

part_two_has_begun() {
  local name
  for name in "${TASKS_OF_PART_TWO[@]}"; do
    if [ -e "build/tasks/$name" ]; then return; fi
  done
  return 1
}

part_one_is_done() {
  local name
  for name in "${TASKS[@]}"; do
    if [ "$(verdict "$name")" != done ]; then return 1; fi
  done
}

verdict() {
  local note=build/tasks/$1 found file
  if [ ! -e "$note" ]; then
    printf -- '-'
    return
  fi
  found=$(head -n 1 "$note")
  for file in $(tail -n +2 "$note"); do
    if [ ! -e "$file" ] || [ "$file" -nt "$note" ]; then found=changed; fi
  done
  printf '%s' "$found"
}

next_task() {
  local name page
  for name in $(tasks_that_count); do
    if [ "$(verdict "$name")" = done ]; then continue; fi
    case $name in
      6) page=docs/mqtt5.md ;;
      7) page=docs/answer.md ;;
      *) page=README.md ;;
    esac
    printf 'task %s of %s. ./lab check %s says what is missing' "$name" "$page" "$name"
    return
  done
  printf 'all tasks are done. README.md says where to go next'
}

row() { printf '  %-10s %s\n' "$1" "$2"; }
