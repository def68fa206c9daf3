#!/bin/sh
# Prepare the database that psql's own environment (PGHOST, PGDATABASE, PGUSER, PGPASSWORD) names; in the official
# image, that of POSTGRES_DB and POSTGRES_USER. The passwords of the three roles come in INTAKE_PASSWORD,
# ROUTER_PASSWORD and TRACKER_PASSWORD. ROLES_SQL names the other file where it does not lie beside this one.
set -eu
: "${INTAKE_PASSWORD:?is not set}" "${ROUTER_PASSWORD:?is not set}" "${TRACKER_PASSWORD:?is not set}"
here=$(cd "$(dirname "$0")" && pwd)
export PGDATABASE="${PGDATABASE:-${POSTGRES_DB:-hotline}}" PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"
psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1 --set=sql="${ROLES_SQL:-$here/roles.sql}" <<'SQL'
\getenv intake INTAKE_PASSWORD
\getenv router ROUTER_PASSWORD
\getenv tracker TRACKER_PASSWORD
SELECT set_config('hotline.intake_password', :'intake', false),
       set_config('hotline.router_password', :'router', false),
       set_config('hotline.tracker_password', :'tracker', false);
\i :sql
SQL
