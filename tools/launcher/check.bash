# Looks at what somebody has built: once, or again whenever it is saved.

# read_check [EXERCISE] [OPTION...]: refuses what there is not; the rest is left in the array $check, as a command.
read_check() {
  local how=check_once exercise= options=()
  while [ $# -gt 0 ]; do
    case $1 in
      [1-7] | 5[ab])
        exercise=$1
        options+=("$1")
        ;;
      --json) options+=("$1") ;;
      --watch) how=check_at_every_save ;;
      --hint)
        [[ ${2:-} =~ ^[1-3]$ ]] || die "how much of a hint? --hint 1, --hint 2 or --hint 3"
        options+=("$1" "$2")
        shift
        ;;
      -*) die "the check has no $1. It has --hint 1 to 3, --watch and --json" ;;
      *) die "there is no exercise $1. There are 1 to 7; of exercise 5, 5a and 5b are the tasks" ;;
    esac
    shift
  done
  if [ -z "$exercise" ] && part_two_has_begun; then options+=(--part-two); fi
  check=("$how" ${options[@]+"${options[@]}"})
}

# check_once [EXERCISE] [OPTION...]: what is saved from now on is not what it judges.
check_once() {
  touch "$work/began"
  if [[ " $* " != *" --json "* ]]; then
    build dev
    say "Checking what you have built"
  elif ! (build dev >&2); then
    in_python tools/check/check.py "$@" --problem "the programs cannot be built"
    return
  fi
  TMPDIR=$work in_python tools/check/check.py "$@" --began "$work/began"
}

# What is saved while a check runs is looked at after it.
check_at_every_save() {
  while true; do
    if [ -t 1 ]; then clear; fi
    (
      trap 'exit 130' INT # as in run
      check_once "$@"
    ) || true
    say "This looks again whenever you save something. Ctrl-C ends it"
    until is_saved; do sleep 0.3; done
  done
}

is_saved() {
  [ -n "$(find examples dto include src mosquitto \( -name '*.[ch]' -o -path 'mosquitto/[a-z]*' \) -type f \
    -newer "$work/began" 2>/dev/null)" ]
}
