#!/bin/sh
# The browser of the tests: the system's Chromium, installed when we are root on Debian or Ubuntu and it is missing.
set -eu
for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && exit 0; done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests …"
    export DEBIAN_FRONTEND=noninteractive
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core) >/dev/null && exit 0
fi
echo "Chromium is missing: browser tests will be skipped (sudo apt install chromium)." >&2
