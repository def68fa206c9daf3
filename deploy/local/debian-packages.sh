#!/bin/sh
# What the tests need beside the Python packages: Dovecot, for live mailboxes. Debian and Ubuntu, as root.
set -eu
if PATH="$PATH:/usr/sbin" command -v dovecot >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Dovecot is missing, which the tests of live mailboxes read from: install it (apt-get install dovecot-imapd) and run again." >&2
    exit 1
fi
echo "Installing dovecot-imapd" >&2
export DEBIAN_FRONTEND=noninteractive
# Only its programs are used: the tests start their own server, and the system's is not to listen beside it.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || {
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
}
log=$(mktemp)
{ apt-get update && apt-get install --yes --no-install-recommends dovecot-imapd; } >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    echo "Dovecot could not be installed; the log is $log." >&2
    exit 1
}
rm -f "$log"
