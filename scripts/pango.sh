#!/bin/sh
# The libraries that set text for PDF files, installed when we are root on Debian or Ubuntu and they are missing.
# Without them everything works but PDF, and the screens say so.
set -eu
python="${1:-python3}"
"$python" -c 'import weasyprint' >/dev/null 2>&1 && exit 0
packages="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Teplo: installing the libraries for PDF files …"
    export DEBIAN_FRONTEND=noninteractive
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages fonts-dejavu-core) >/dev/null 2>&1 && exit 0
fi
echo "Teplo: PDF files need Pango; on Debian and Ubuntu: sudo apt install $packages" >&2
