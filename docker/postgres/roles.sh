#!/bin/sh
# Runs once, when the PostgreSQL container makes its database: the two roles and their passwords.
set -eu
: "${MIGRATE_PASSWORD:?the password of parley_migrate}" "${RUN_PASSWORD:?the password of parley_run}"

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname parley --file /etc/parley/roles.sql
# psql quotes :'…' itself, so that a password may hold any character; \getenv keeps it out of the process list.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname parley <<'SQL'
\getenv migrate_password MIGRATE_PASSWORD
\getenv run_password RUN_PASSWORD
ALTER ROLE parley_migrate PASSWORD :'migrate_password';
ALTER ROLE parley_run PASSWORD :'run_password';
SQL
