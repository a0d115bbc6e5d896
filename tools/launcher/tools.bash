# What is written in Python: the checks of the exercises, the measurements, the runner of the pages.

# find_python [, MODULE...]: the first one on the PATH is not always the one that has the packages.
find_python() {
  local python
  for python in python3 /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3; do
    if "$python" -c "import pytest, paho.mqtt.client${1:-}" 2>/dev/null; then
      printf '%s\n' "$python"
      return
    fi
  done
  die "there is no Python with pytest and paho-mqtt: ./lab setup check, or pip3 install pytest paho-mqtt"
}

# Where pip3 has brought the packages, no others are installed.
setup_python() { (find_python) >/dev/null 2>&1 || setup check; }

# in_python TOOL [ARGUMENT...]
in_python() {
  local python
  python=$(find_python)
  "$python" "$@"
}

# bench [OPTION...]: the tables go to standard output and build/bench.md, the picture to build/bench.svg.
bench() {
  build release -D PLAYGROUND_BENCH=ON
  say "Measuring: leave the computer alone for some minutes"
  in_python tools/bench/bench.py --markdown build/bench.md --svg build/bench.svg "$@"
  say "The tables are in build/bench.md, the picture is build/bench.svg"
}

# readme [--update]
readme() {
  build dev
  say "Running the pages"
  in_python tools/book/readme.py "$@"
}
