#!/bin/sh
# What the tests need beside the Python packages: Dovecot, for live mailboxes, and Chromium, for pages. Debian, as root.
set -eu
missing=
PATH="$PATH:/usr/sbin" command -v dovecot >/dev/null || missing="dovecot-imapd"
[ -x /usr/bin/chromium ] || missing="$missing chromium"
if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need programs that are missing: install them (apt-get install $missing) and run again." >&2
    exit 1
fi
echo "Installing $missing" >&2
export DEBIAN_FRONTEND=noninteractive
# Only its programs are used: the tests start their own server, and the system's is not to listen beside it.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || {
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
}
log=$(mktemp)
{ apt-get update && apt-get install --yes --no-install-recommends $missing; } >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    echo "They could not be installed: $missing; the log is $log." >&2
    exit 1
}
rm -f "$log"
