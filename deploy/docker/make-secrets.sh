#!/bin/sh
# Write the passwords and keys that docker-compose.yml asks for into .env, once; what is there already is kept.
set -eu
cd "$(dirname "$0")/../.."
if [ -e .env ]; then
    echo ".env exists already and is kept: with other keys the sealed identities of reporters could not be opened." >&2
    exit 1
fi
password() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
umask 077
cat > .env <<END
POSTGRES_PASSWORD=$(password)
INTAKE_PASSWORD=$(password)
ROUTER_PASSWORD=$(password)
TRACKER_PASSWORD=$(password)
INTAKE_SERVICE_PASSWORD=$(password)
ROUTER_SERVICE_PASSWORD=$(password)
TRACKER_SERVICE_PASSWORD=$(password)
HOTLINE_VAULT_KEYS=first:$(key)
HOTLINE_BLIND_INDEX_KEY=$(key)
HOTLINE_QUERY_CODE_KEY=$(key)
END
echo "Wrote .env. Keep a copy of HOTLINE_VAULT_KEYS elsewhere: without it no reporter's identity can be read." >&2
