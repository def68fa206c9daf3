#!/bin/sh
# Bring the three schemas up to date, each as the role that owns it, and create the topics; safe to run again.
set -eu
DATABASE_URL=$INTAKE_DATABASE_URL python -m services.intake migrate
DATABASE_URL=$ROUTER_DATABASE_URL python -m services.router migrate
DATABASE_URL=$TRACKER_DATABASE_URL python -m services.tracker migrate
python -m services.router create-topics
