#!/usr/bin/env bash
# in-time.sh SECONDS COMMAND...: runs a command that runs tests, and ends it when it takes longer. Then it names the tests that had
# not come to an end, since a run that is merely cut off does not say which of them waits.
set -euo pipefail

seconds=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT

exec 3> >(tee "$log")
tee=$!
# A process group of its own: what the tests started ends with them. A key that ends this ends that, too.
timeout --kill-after=10 "$seconds" "$@" >&3 2>&1 3>&- &
child=$!
exec 3>&-
trap 'kill -TERM "$child" 2>/dev/null || true' INT TERM
status=0
wait "$child" || status=$?
if [ "$status" -eq 124 ]; then
    echo "not over after $seconds s; these tests had not come to an end:"
    # A test that takes long is remarked on, and has a result when it is over.
    { grep -oE '^test .* has been running' "$log" || true; } | cut -d' ' -f2 | while read -r name; do
        grep -qF "test $name ... " "$log" || echo "    $name"
    done
else
    wait "$tee" # All that was said is shown.
fi
exit "$status"
