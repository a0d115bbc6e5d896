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
  local preset=$1 target=programs
  if [ $# -gt 1 ]; then target=all; fi # who has options for CMake needs more
  : >"$work/log"
  if { is_configured "$@" || logged cmake --preset "$@"; } &&
    logged cmake --build --preset "$preset" --target "$target" -j "$(processors)"; then
    diagnostics
    return
  fi
  diagnostics | grep . >&2 || cat "$work/log" >&2 # whatever it was that no compiler said
  die "the build failed"
}

# is_configured PRESET [CMAKE OPTION...]: make itself looks whether CMakeLists.txt has changed, which is soon done.
is_configured() {
  [ $# = 1 ] && [ -e "build/$1/cmake_install.cmake" ] && [ ! CMakePresets.json -nt "build/$1/CMakeCache.txt" ]
}

# What compiler and linker say in the log, each thing once, with the lines of the source that it is about; and nothing of
# what make says.
diagnostics() {
  sed "s|$(quoted_for_sed "$PWD")/||g" "$work/log" | awk '
    function flush() {
      if (block ~ /: (fatal )?(error|warning): |undefined reference|multiple definition/ && !seen[block]++) print block
      block = ""
    }
    /^(\[ *[0-9]+%\]|--|g?make(\[[0-9]+\])?:|Preset |Consolidate )/ || /: In function |^In file included|^ +from / { next }
    /^[^ ].*: (fatal )?(error|warning): / || /undefined reference|multiple definition/ { flush() }
    { block = block (block == "" ? "" : "\n") $0 }
    END { flush() }'
}

quoted_for_sed() { printf '%s\n' "$1" | sed 's/[].*^$|\[\\]/\\&/g'; }

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
