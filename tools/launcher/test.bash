# The tests, phase by phase. Which tests a phase has is said by their labels, in tests/CMakeLists.txt, and by the test
# presets of CMakePresets.json.

tests() {
  build_tests dev
  phase once
  say "Reading the sources"
  tools/ci/lint build/dev
  phase memory
  coverage
  build_tests asan
  phase asan
  build_tests tsan
  phase tsan
  fuzz 20
  say "All tests passed"
}

tests_quick() {
  build_tests dev
  phase quick
}

tests_all() {
  tests
  phase night
  mutants
  simulate --seconds 600
  fuzz 300
  say "All tests passed, those for the night too"
}

# build_tests PRESET
build_tests() { build "$1" -D PLAYGROUND_TESTS=ON -D PLAYGROUND_WERROR=AUTO; }

# phase PRESET
phase() {
  say "Testing: $1"
  ctest --preset "$1"
}

coverage() {
  build coverage -D PLAYGROUND_TESTS=ON
  tools/ci/coverage forget
  phase coverage
  tools/ci/coverage check
}

# fuzz SECONDS: for each harness.
fuzz() {
  build fuzz -D PLAYGROUND_FUZZ_SECONDS="$1"
  phase fuzz
}

# mutants: breaks the session in a hundred ways, and looks whether the simulation notices.
mutants() {
  say "Breaking the session, one line at a time"
  in_python tests/simulation/mutants.py
}

# simulate [OPTION...]
simulate() {
  build release -D PLAYGROUND_TESTS=ON
  say "Simulating what can happen to a session"
  build/release/tests/simulation/simulation "$@"
}
