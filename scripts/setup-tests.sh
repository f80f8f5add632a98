#!/bin/sh
# Sees to what the tests need besides Rust: a C compiler, rustfmt and clippy, and a Chromium with its WebDriver.
# Installs what is missing where that is possible, else says what is missing.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$(dirname "$0")/lib/packages.sh"

"$(dirname "$0")/setup-build.sh"

# A Rust installation of the smallest profile has neither.
for component in rustfmt clippy; do
  case $component in
    rustfmt) tool=fmt ;;
    *) tool=$component ;;
  esac
  if ! cargo "$tool" --version >/dev/null 2>&1; then
    if command -v rustup >/dev/null 2>&1; then
      rustup component add "$component" >&2
    else
      install_packages "cargo $tool" "$([ "$component" = clippy ] && echo rust-clippy || echo rustfmt)"
    fi
  fi
done

if ! command -v chromium >/dev/null 2>&1 || ! command -v chromedriver >/dev/null 2>&1; then
  install_packages "a browser for the tests of the pages" chromium chromium-driver
fi
