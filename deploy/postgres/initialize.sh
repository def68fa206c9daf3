#!/bin/sh
# Prepare the database that psql's own environment (PGHOST, PGDATABASE, PGUSER, PGPASSWORD) names; in the official
# image, that of POSTGRES_DB and POSTGRES_USER. The passwords of the roles that migrate come in INTAKE_PASSWORD,
# ROUTER_PASSWORD and TRACKER_PASSWORD, those of the roles that serve in INTAKE_SERVICE_PASSWORD and so on. ROLES_SQL
# names the other file where it does not lie beside this one.
set -eu
: "${INTAKE_PASSWORD:?is not set}" "${ROUTER_PASSWORD:?is not set}" "${TRACKER_PASSWORD:?is not set}"
: "${INTAKE_SERVICE_PASSWORD:?is not set}" "${ROUTER_SERVICE_PASSWORD:?is not set}" \
    "${TRACKER_SERVICE_PASSWORD:?is not set}"
here=$(cd "$(dirname "$0")" && pwd)
export PGDATABASE="${PGDATABASE:-${POSTGRES_DB:-hotline}}" PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"
psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1 --set=sql="${ROLES_SQL:-$here/roles.sql}" <<'SQL'
\getenv intake INTAKE_PASSWORD
\getenv router ROUTER_PASSWORD
\getenv tracker TRACKER_PASSWORD
\getenv intake_service INTAKE_SERVICE_PASSWORD
\getenv router_service ROUTER_SERVICE_PASSWORD
\getenv tracker_service TRACKER_SERVICE_PASSWORD
SELECT set_config('hotline.intake_password', :'intake', false),
       set_config('hotline.router_password', :'router', false),
       set_config('hotline.tracker_password', :'tracker', false),
       set_config('hotline.intake_service_password', :'intake_service', false),
       set_config('hotline.router_service_password', :'router_service', false),
       set_config('hotline.tracker_service_password', :'tracker_service', false);
\i :sql
SQL
