# Installs what is missing, with the package manager that is there. Which packages, says tools/packages.

# setup PURPOSE: build, check, bench or test. This is no job: a password may have to be typed, and a package manager is
# not ended half-way. Ctrl-C reaches it by itself.
setup() {
  case $1 in build | check | bench | test) ;; *) die "set up for what? build, check, bench or test" ;; esac
  find_missing "$1"
  if [ ${#missing[@]} -gt 0 ]; then alone install_missing "$1"; fi
}

# packages PURPOSE MANAGER: the manager's column, down to the last row of the purpose.
packages() {
  awk -F ' *[|] *' -v purpose="$1" -v manager="$2" '
    /^# purpose/ { while ($++column != manager); }
    /^[a-z]/ {
      if (seen && $1 != purpose) exit
      seen = $1 == purpose
      if ($column != "-") print $column
    }' tools/packages
}

is_installed_apt() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_installed_dnf() { rpm -q "$1" >/dev/null 2>&1; }
is_installed_brew() { brew list "$1" >/dev/null 2>&1; }

# find_missing PURPOSE: leaves the manager in $manager, and in the array $missing what it would have to install.
find_missing() {
  local package all
  missing=()
  if command -v apt-get >/dev/null; then
    manager=apt
  elif command -v dnf >/dev/null; then
    manager=dnf
  elif command -v brew >/dev/null; then
    manager=brew
  else
    all=$(packages "$1" apt)
    die "this system has none of apt, dnf and brew. Install these, or what they are called here: ${all//$'\n'/ }"
  fi
  for package in $(packages "$1" $manager); do
    "is_installed_$manager" "$package" || missing+=("$package")
  done
}

# install_missing PURPOSE: what is still missing, if another ./lab was at work.
install_missing() {
  local as_root=()
  find_missing "$1"
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  say "Installing ${missing[*]}"
  if [ $manager != brew ] && [ "$(id -u)" != 0 ]; then
    ask_for_sudo
    as_root=(sudo)
  fi
  case $manager in
    apt)
      quietly ${as_root[@]+"${as_root[@]}"} apt-get update -q &&
        quietly ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
          apt-get install -y -q --no-install-recommends "${missing[@]}"
      ;;
    dnf) quietly ${as_root[@]+"${as_root[@]}"} dnf install -y "${missing[@]}" ;;
    brew) quietly brew install "${missing[@]}" ;;
  esac || die "nothing could be installed: the last lines above say why"
}

# Nothing is done as root that the user has not agreed to. Where there is nobody to ask, a password cannot be typed
# either: then sudo has to do without.
ask_for_sudo() {
  local answer
  command -v sudo >/dev/null || die "ask an administrator to run: $manager install ${missing[*]}"
  if [ -t 0 ]; then
    read -r -p "This runs 'sudo $manager install'. Go on? [y/N] " answer
    case $answer in [yY]*) ;; *) die "nothing was installed. Missing: ${missing[*]}" ;; esac
    sudo -v # asks for the password now, and not in the middle of what is shown
  else
    sudo -n true 2>/dev/null ||
      die "sudo needs a password and there is no terminal. Run: sudo $manager install ${missing[*]}"
  fi
}
