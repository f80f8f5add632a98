#!/bin/sh
# Sees to what the tests need besides Rust: a C compiler, rustfmt and clippy, a Chromium with its WebDriver, PostgreSQL, axe-core and
# ajv from npm, and the tools that exported commands are run by. Installs what is missing where that is possible, else says what is missing.
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

# The package's own cluster is of no use to the tests, which make theirs.
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  install_packages "PostgreSQL for the tests of the store" postgresql
fi

# The tools that exported commands are run by; npm, which is seen to below, brings Node.js. The test of one that cannot be had says so
# and is left out.
for tool in curl http; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    (install_packages "$tool for the tests of the export" "$([ "$tool" = http ] && echo httpie || echo curl)") || true
  fi
done
if ! python3 -c 'import requests' >/dev/null 2>&1 && ! /usr/bin/python3 -c 'import requests' >/dev/null 2>&1; then
  (install_packages "requests for the tests of the export" python3-requests) || true
fi

# The rules that pages, and the schema that HAR files, are checked by. A copy of the lock file beside what it names tells whether that is what is installed.
npm_folder="$(dirname "$0")/../tests/npm"
if ! cmp -s "$npm_folder/package-lock.json" "$npm_folder/node_modules/installed-lock.json"; then
  if ! command -v npm >/dev/null 2>&1; then
    install_packages "npm for the tests of pages and files" nodejs npm
  fi
  if ! npm ci --prefix "$npm_folder" --ignore-scripts --no-audit --no-fund </dev/null >&2; then
    echo "the packages of tests/npm are missing and could not be fetched: try 'npm ci --prefix tests/npm' where there is a network" >&2
    exit 1
  fi
  cp "$npm_folder/package-lock.json" "$npm_folder/node_modules/installed-lock.json"
fi
