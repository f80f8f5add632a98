#!/bin/sh
# Makes docs/screenshot.png (or the file named) anew: starts a server with a folder of its own, sends it what webhooks look like,
# and has a headless Chromium take the picture of the bin's page.
#
# HOOKWELL=path uses another build, THEME=dark the dark theme, SIZE=390,844 another window.
set -eu
cd "$(dirname "$0")/.."

picture=${1:-docs/screenshot.png}
hookwell=${HOOKWELL:-${CARGO_TARGET_DIR:-target}/release/hookwell}
folder=$(mktemp -d)
server=
cleanup() {
  # Started here, so ended here; a browser that still writes its profile must not keep the folder from going.
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$folder" || true
}
trap cleanup EXIT
trap 'exit 1' INT TERM

"$hookwell" serve --listen 127.0.0.1:0 --data "$folder/data" >"$folder/out" 2>"$folder/log" &
server=$!
tries=0
until grep -q 'listening on' "$folder/out"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
    cat "$folder/log" >&2
    echo "the server did not start" >&2
    exit 1
  fi
  sleep 0.1
done
base=$(sed -n 's/^listening on //p' "$folder/out")

# field NAME: takes a text field out of the JSON on standard input.
field() {
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
bin=$(curl -fsS "$base/api/v1/bins" -H 'Content-Type: application/json' -d '{"name": "Payments, staging"}')
capture=$(printf %s "$bin" | field capture_url)
inspect=$(printf %s "$bin" | field inspect_url)

post() {
  curl -fsS -o /dev/null "$@"
}
post "$capture/health" -A 'uptime-probe/2.4'
post "$capture/sms" -A 'TextRelay/1.3' -d 'From=%2B491701234567&To=%2B4930987654&Body=Your+code+is+4711&NumMedia=0'
post "$capture/avatars/42" -X PUT -A 'media-sync/0.9' -H 'Content-Type: image/png' --data-binary @static/favicon.svg
post "$capture/repo" -A 'CodeHost-Hookshot/7f2a' -H 'Content-Type: application/json' -H 'X-Event: push' \
  -d '{"ref":"refs/heads/main","before":"6113728f","after":"0d1a26e6","commits":[{"id":"0d1a26e6","message":"fix: round half to even"}]}'
post "$capture/orders?source=shop&retry=1" -A 'ShopKit/2026.10' -H 'Content-Type: application/json' \
  -d '{"order":{"id":98210044,"total":"129.90","currency":"EUR","lines":[{"sku":"TEE-M","qty":2}]}}'
post "$capture/orders/98210044" -X DELETE -A 'ShopKit/2026.10'
post "$capture/payments" -A 'PayGate/1.0 (+https://paygate.example/webhooks)' \
  -H 'Content-Type: application/json; charset=utf-8' \
  -H 'PayGate-Signature: t=1795599012,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd' \
  -d '{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","type":"invoice.paid","created":1795599012,"livemode":false,"data":{"invoice":"in_1NG8","amount_paid":1099,"currency":"eur","customer":{"id":"cus_9s6XKzkNRiz8i3","email":"jenny@example.com"},"lines":[{"id":"il_1","description":"Pro plan, November","amount":1099}],"paid":true,"discount":null}}'

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "there is no Chromium: run scripts/setup-tests.sh first" >&2
  exit 1
}
mkdir -p "$(dirname "$picture")"
scheme=
[ "${THEME:-light}" = light ] || scheme=--blink-settings=preferredColorScheme=0
# Without a sandbox of its own, which a container does not let it have; it opens nothing but our own page.
# shellcheck disable=SC2086 # scheme is one option, or nothing
timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-dev-shm-usage \
  --user-data-dir="$folder/browser" --window-size="${SIZE:-1280,800}" --timeout=3000 $scheme \
  --screenshot="$(pwd)/$picture" "$inspect" >>"$folder/log" 2>&1 || {
  cat "$folder/log" >&2
  echo "the browser took no picture" >&2
  exit 1
}
echo "$picture"
