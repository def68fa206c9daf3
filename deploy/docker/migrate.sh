#!/bin/sh
# Bring the three schemas up to date, each as the role that owns it, lay the policies out, and create the topics; safe
# to run again.
set -eu
DATABASE_URL=$INTAKE_DATABASE_URL python -m services.intake migrate
DATABASE_URL=$ROUTER_DATABASE_URL python -m services.router migrate
DATABASE_URL=$TRACKER_DATABASE_URL python -m services.tracker migrate
# The policy that the image holds is in force until another is switched on, and is a candidate ever after.
python -m services.router lay-out-policies /app/deploy/policy/zhenping "$(dirname "$HOTLINE_POLICY_DIR")"
python -m services.router create-topics
