#!/bin/sh
# Makes one archive under backups/ (or $BACKUP_DIR) of the settings and the database.
set -eu
umask 077
cd "$(dirname "$0")/.."
into=${BACKUP_DIR:-backups}
mkdir -p "$into"
name=changemaker-$(date -u +%Y%m%d-%H%M%S).tar.gz
work=$(mktemp -d "$into/.making-XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "backup: database"
docker compose exec -T db pg_dump > "$work/database.sql"
echo "backup: settings"
cp .env "$work/env"
tar -C "$work" -czf "$work/archive" database.sql env
mv "$work/archive" "$into/$name"
echo "backup: $into/$name $(wc -c < "$into/$name") bytes"
