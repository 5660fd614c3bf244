#!/bin/sh
# Understands POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and PGDATA as the official image does.
# The password goes through a pipe and is dropped from the environment: it shows in no process list.
set -eu

if [ "${1:-postgres}" != postgres ]; then exec "$@"; fi
[ $# -eq 0 ] || shift

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown postgres:postgres "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups -- "$0" postgres "$@"
fi

umask 077
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
new=$PGDATA/.new

# PG_VERSION is moved into place last, so it is there when, and only when, the cluster is whole. A start that was
# killed before is begun again.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -d "$new" ] || [ -z "$(ls -A "$PGDATA")" ]; then
    find "$PGDATA" -mindepth 1 -delete
  else
    echo "$PGDATA has files, but no PostgreSQL cluster; not touching them" >&2
    exit 1
  fi
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo 'POSTGRES_PASSWORD is not set' >&2
    exit 1
  fi
  mkdir "$new"
  printf '%s\n' "$POSTGRES_PASSWORD" | initdb --pgdata="$new/cluster" --username="$user" --pwfile=/dev/stdin \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >&2
  echo 'host all all all scram-sha-256' >> "$new/cluster/pg_hba.conf"
  if [ "$database" != postgres ]; then
    quoted=$(printf %s "$database" | sed 's/"/""/g')
    printf 'CREATE DATABASE "%s"\n' "$quoted" | postgres --single -D "$new/cluster" postgres >/dev/null
  fi
  find "$new/cluster" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" -- {} +
  sync --file-system "$PGDATA"
  mv "$new/cluster/PG_VERSION" "$PGDATA/"
  rmdir "$new/cluster" "$new"
fi

unset POSTGRES_PASSWORD
exec postgres -D "$PGDATA" -c listen_addresses='*' "$@"
