#!/bin/sh
# Installs the browser that the tests drive, where root may and it is missing. Fonts are for the screenshots.
set -eu

browser=${HONGYAN_CHROMIUM:-/usr/bin/chromium}
if [ -x "$browser" ] && [ -d /usr/share/fonts/opentype/noto ] && [ -d /usr/share/fonts/opentype/inter ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "the tests of the web client need Chromium; install chromium, fonts-noto-cjk and fonts-inter" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fonts-inter >/dev/null
