# Builds the programs, and removes what was built.

processors() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# build PRESET [CMAKE OPTION...]: quiet as long as all goes well.
build() {
  say "Building build/$1"
  refuse_name
  refuse_moved "$1"
  alone cmake_build "$@"
}

cmake_build() {
  local preset=$1
  : >"$work/log"
  {
    quietly cmake --preset "$@" && quietly cmake --build --preset "$preset" -j "$(processors)"
  } || die "the build failed"
  grep -E 'warning:' "$work/log" || true
}

# CMake and make have their own ideas of these, and tell them with hundreds of lines.
refuse_name() {
  case $PWD in *[\;\"\#\<\>\\:\|$'\n']*)
    die "this folder cannot be built in: its path has one of ; \" # < > \\ : | or the end of a line, $PWD"
    ;;
  esac
}

# refuse_moved PRESET: CMake has noted in there where everything is, and says so with many words.
refuse_moved() {
  local home
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "build/$1/CMakeCache.txt" 2>/dev/null) || return 0
  case $home in \'*\') home=${home#\'} home=${home%\'} ;; esac # so it notes a path that ends in a space
  [ -z "$home" ] || [ "$home" -ef . ] ||
    die "build/$1 was built in another folder, $home, and moved or copied since. Run ./lab clean, and then this again"
}

clean() {
  rm -rf build
  find tests tools -name __pycache__ -prune -exec rm -rf {} +
  say "Nothing that was built is left"
}
