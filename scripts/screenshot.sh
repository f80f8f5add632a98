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

# As behind a proxy: the page shows the name that senders use, while the browser asks for it by address, which is always allowed.
"$hookwell" serve --listen 127.0.0.1:0 --data "$folder/data" \
  --public-url https://hooks.example.com --trusted-proxy 127.0.0.1 >"$folder/out" 2>"$folder/log" &
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
bin=$(curl -fsS "$base/api/v1/bins" -H 'Content-Type: application/json' -d '{"name": "Checkout staging", "body_limit": 65536}')
id=$(printf %s "$bin" | field id)
key=$(printf %s "$bin" | field key)

# sent CLIENT PATH CURL-OPTION…: one webhook, as the proxy passes it on.
sent() {
  client=$1
  path=$2
  shift 2
  curl -sS -o /dev/null "$base/$id$path" -H 'Host: hooks.example.com' -H "X-Forwarded-For: $client" -H 'X-Forwarded-Proto: https' "$@"
  # The page tells ages in seconds.
  sleep 1
}
json='Content-Type: application/json'
sent 198.51.100.20 /health -A 'uptime-probe/2.4'
sent 203.0.113.80 /sms -A 'TextRelay/1.3' -d 'From=%2B491701234567&To=%2B4930987654&Body=Your+code+is+4711&NumMedia=0'
# Over the bin's limit, so it is kept truncated and refused with 413.
head -c 90000 /dev/zero | tr '\0' 'x' >"$folder/export.csv"
sent 203.0.113.9 /exports/2026-11 -A 'report-runner/4.1' -H 'Content-Type: text/csv' -H 'Expect:' --data-binary "@$folder/export.csv"
# A PNG of one pixel.
echo 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==' |
  base64 -d >"$folder/avatar.png"
sent 203.0.113.44 /avatars/42.png -X PUT -A 'media-sync/0.9' -H 'Content-Type: image/png' --data-binary "@$folder/avatar.png"
sent 192.0.2.30 /github -A 'GitHub-Hookshot/044aadd' -H "$json" -H 'X-GitHub-Event: push' \
  -H 'X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958' \
  -d '{"ref":"refs/heads/main","before":"6113728f","after":"0d1a26e6","commits":[{"id":"0d1a26e6","message":"fix: round half to even"}]}'
sent 198.51.100.7 '/orders?source=shop&retry=1' -A 'ShopKit/2026.10' -H "$json" \
  -d '{"order":{"id":98210044,"total":"129.90","currency":"EUR","lines":[{"sku":"TEE-M","qty":2}]}}'
sent 198.51.100.7 /orders/98210044 -X DELETE -A 'ShopKit/2026.10'
sent 203.0.113.7 /stripe -A 'Stripe/1.0 (+https://stripe.com/docs/webhooks)' -H 'Content-Type: application/json; charset=utf-8' \
  -H 'Stripe-Signature: t=1795599012,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd' \
  -d '{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","type":"invoice.paid","created":1795599012,"livemode":false,"data":{"invoice":"in_1NG8","amount_paid":1099,"currency":"eur","customer":{"id":"cus_9s6XKzkNRiz8i3","email":"jenny@example.com"},"lines":[{"id":"il_1","description":"Pro plan, November","amount":1099}],"paid":true,"discount":null}}'

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "there is no Chromium: run scripts/setup-tests.sh first" >&2
  exit 1
}
mkdir -p "$(dirname "$picture")"
# The browser wants a whole path.
target=$(cd "$(dirname "$picture")" && pwd)/$(basename "$picture")
scheme=
[ "${THEME:-light}" = light ] || scheme=--blink-settings=preferredColorScheme=0
# Without a sandbox of its own, which a container does not let it have; it opens nothing but our own page.
# shellcheck disable=SC2086 # scheme is one option, or nothing
timeout 60 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-dev-shm-usage \
  --disable-background-networking --disable-component-update --disable-sync \
  --user-data-dir="$folder/browser" --window-size="${SIZE:-1440,900}" --timeout=3000 $scheme \
  --screenshot="$target" "$base/b/$key" >>"$folder/log" 2>&1 || {
  cat "$folder/log" >&2
  echo "the browser took no picture" >&2
  exit 1
}
echo "$picture"
