#!/bin/sh
# Sees to what the build needs besides Rust: a C compiler, for the SQLite that is compiled in.
# Installs it from the system's packages where it is missing and that is possible, else says what is missing.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$(dirname "$0")/lib/packages.sh"

if ! command -v cargo >/dev/null 2>&1; then
  echo "hookwell is built with Rust: install it first, as https://www.rust-lang.org/tools/install says" >&2
  exit 1
fi

# A compiler without the C library's headers is as good as none.
if ! echo '#include <stdio.h>' | "${CC:-cc}" -E - >/dev/null 2>&1; then
  install_packages "a C compiler" gcc libc6-dev
fi
