# How the launcher speaks, runs what takes a while, and ends. Whatever ends it, nothing goes on and nothing is left.

say() { printf '\n== %s\n' "$*"; }
die() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

# did_you_mean WORD: the command that was meant, where one letter too many, one too few, a wrong one, or two neighbours
# that have changed places, make the difference.
did_you_mean() {
  local command i
  for command in $(usage | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do
    for ((i = 0; i <= ${#1}; i++)); do
      [[ $1 =~ ^[a-z]+$ ]] || break # anything else would be a pattern
      # shellcheck disable=SC2053 # these are patterns
      if [[ $command == ${1:0:i}?${1:i} || $command == ${1:0:i}${1:i+1} || $command == ${1:0:i}?${1:i+1} ||
        $command == ${1:0:i}${1:i+1:1}${1:i:1}${1:i+2} ]]; then
        printf ': did you mean %s?' "$command"
        return
      fi
    done
  done
  printf '. ./lab help shows what there is'
}

work= # a folder for temporary files, while there is one

# What makes it hears no signal: if it were ended between making the folder and telling its name, nobody would remove it.
need_work() { work=${work:-$(trap '' HUP INT QUIT TERM && mktemp -d)}; }

# run COMMAND...: in a process group of its own, that of $!, so that all that it starts ends with it. The launcher only
# waits, and so it hears a signal at once.
run() {
  need_work
  set -m
  (
    trap 'exit 130' INT # or else what follows a program that ends well by Ctrl-C would begin
    "$@"
  ) </dev/null &
  set +m
  wait $!
  end_job
}

# Ends what is left of the job: first as Ctrl-C does, so that each program can tidy up, then less and less politely.
end_job() {
  local tenths signal
  for ((tenths = 0; tenths < 150; tenths++)); do
    case $tenths in 0) signal=INT ;; 50) signal=TERM ;; 100) signal=KILL ;; *) signal=0 ;; esac
    kill -s "$signal" -- "-$!" || break # nobody is left
    sleep 0.1
  done
  wait $! || true
} 2>/dev/null

finish() {
  trap '' HUP INT QUIT TERM # once is enough
  if [ -n "${!:-}" ]; then end_job; fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 143' TERM

# logged COMMAND...: what it says goes to $work/log. On a terminal one sees meanwhile that it is at work.
logged() {
  need_work
  if [ -t 1 ] && [[ ${TERM:-dumb} != dumb ]]; then
    "$@" 2>&1 | tee -a "$work/log" | show_last_line
  else
    "$@" >>"$work/log" 2>&1
  fi
}

# quietly COMMAND...: what it says is shown only if it fails.
quietly() {
  if logged "$@"; then return; fi
  cat "$work/log" >&2
  return 1
}

# show_last_line: of what it reads, behind how long it takes already, in one line that rewrites itself.
show_last_line() {
  local line last='' text clear=$'\r\e[K'
  trap 'printf %s "$clear"; exit 130' INT
  SECONDS=0
  while IFS= read -r -t 1 line || [ $? -gt 128 ]; do # a second without a line is no end
    last=${line:-$last}
    text="   $SECONDS s  ${last//[![:print:]]/ }"
    printf '%s%s' "$clear" "${text:0:$(tput cols) - 1}"
  done
  printf %s "$clear"
}

# alone COMMAND...: another ./lab in this folder waits meanwhile. What the command starts does not keep the lock.
alone() {
  mkdir -p build
  {
    take_turns
    "$@" 9>&-
  } 9>build/.lock
}

# Not every system has flock, and not every file system has locks.
take_turns() {
  local status=0
  command -v flock >/dev/null || return 0
  flock -n 9 2>/dev/null || status=$?
  if [ "$status" != 1 ]; then return; fi
  say "Another ./lab is at work here: waiting for it"
  flock 9
}
