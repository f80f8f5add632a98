# shellcheck shell=sh
# Sourced by the other scripts: installs Debian packages where that is possible.

# install_packages WHAT PACKAGE…: installs the packages, or says what is missing and ends the script.
install_packages() {
  what=$1
  shift
  if ! command -v apt-get >/dev/null 2>&1; then
    missing "$what" "$@"
  elif [ "$(id -u)" -eq 0 ]; then
    as_root=""
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
  else
    missing "$what" "$@"
  fi
  echo "installing $what: $*" >&2
  # Lists that are out of date name packages that are no longer there. A source that fails need not be one that matters.
  $as_root apt-get -q update >&2 || true
  # shellcheck disable=SC2086 # as_root is a command with its option, or nothing
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" </dev/null >&2 ||
    missing "$what" "$@"
}

# missing WHAT PACKAGE…: says so, and ends the script.
missing() {
  what=$1
  shift
  echo "$what is missing and could not be installed from here; on Debian and its kin: sudo apt-get install $*" >&2
  exit 1
}
