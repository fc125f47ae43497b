#!/bin/sh
# Asks for the domain and writes .env with fresh secrets. Never overwrites one.
# Without a terminal: DOMAIN=... ADMIN_EMAIL=... ./config.sh
set -eu
cd "$(dirname "$0")"
[ ! -e .env ] || { echo "config: .env exists; it is left as it is" >&2; exit 1; }
if [ -z "${DOMAIN:-}" ]; then
    printf 'Domain: '
    read -r DOMAIN
fi
secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
sed -e "s/^DOMAIN=.*/DOMAIN=$DOMAIN/" \
    -e "s/^INSTANCE_LABEL=.*/INSTANCE_LABEL=$DOMAIN/" \
    -e "s/^ADMIN_EMAIL=.*/ADMIN_EMAIL=${ADMIN_EMAIL:-admin@$DOMAIN}/" \
    -e "s/^ADMIN_PASSWORD=.*/ADMIN_PASSWORD=${ADMIN_PASSWORD:-$(secret)}/" \
    -e "s/^JWT_SECRET=.*/JWT_SECRET=$(secret)/" \
    -e "s/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=$(secret)/" \
    -e "s/^REDIS_PASSWORD=.*/REDIS_PASSWORD=$(secret)/" \
    -e "s/^API_BIND=.*/API_BIND=${API_BIND:-127.0.0.1}/" \
    .env.example > .env.new
mv .env.new .env
echo "config: wrote .env for $DOMAIN"
