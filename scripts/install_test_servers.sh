#!/bin/sh
# Installs what the tests start for themselves, where root may and it is missing: database servers, Redis, etcd,
# and the browser with the fonts of the screenshots; and a C compiler, since they want the hot path compiled. Nothing is left running: the tests bring up their own, on free
# ports and in temporary folders.
set -eu

missing=""
wants() { # PACKAGE PATH...: the package is missing when none of its programs or folders is there
    package=$1
    shift
    for path in "$@"; do
        if command -v "$path" >/dev/null 2>&1 || ls -d "$path" >/dev/null 2>&1; then
            return 0
        fi
    done
    missing="$missing $package"
}

wants mariadb-server mariadbd /usr/sbin/mariadbd
wants postgresql /usr/lib/postgresql/*/bin/postgres
wants redis-server redis-server
wants etcd-server etcd
wants chromium "${HONGYAN_CHROMIUM:-/usr/bin/chromium}"
wants gcc gcc cc
wants libc6-dev /usr/include/stdio.h
wants python3-dev "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h"
wants fonts-noto-cjk /usr/share/fonts/opentype/noto
wants fonts-inter /usr/share/fonts/opentype/inter

if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "some tests cannot run without these Debian packages; install them:$missing" >&2
    exit 0
fi

# While this file is there, Debian's packages start no service of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
# A fresh database cluster of the distribution is not wanted either.
mkdir -p /etc/postgresql-common
grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
apt-get install -y -qq --no-install-recommends $missing >/dev/null
