#!/bin/sh
# Understands `prisma migrate deploy`, `prisma migrate status` and `prisma db seed`.
set -u
cd /app/api
psql() { printf '%s\n' "$*" | nc -w 5 db 5432; }
case "$*" in
    "prisma migrate deploy"|"prisma migrate status") ;;
    "prisma db seed")
        [ "$(psql "seed")" = ok ] || { echo "Error: P1001: Can't reach database server at db:5432" >&2; exit 1; }
        echo "The seed command has been executed."
        exit 0 ;;
    *) echo "npx: cannot run: $*" >&2; exit 1 ;;
esac
echo "Prisma schema loaded from prisma/schema.prisma"
echo 'Datasource "db": PostgreSQL database "changemaker", schema "public" at "db:5432"'
echo
[ "$(psql ping)" = ok ] || { echo "Error: P1001: Can't reach database server at db:5432" >&2; exit 1; }
applied=$(psql list)
all=0
pending=
for folder in prisma/migrations/*/; do
    name=$(basename "$folder")
    all=$((all + 1))
    case "
$applied
" in *"
$name
"*) ;; *) pending="$pending $name" ;; esac
done
echo "$all migrations found in prisma/migrations"
echo
if [ -z "$pending" ]; then
    echo "No pending migrations to apply."
    exit 0
fi
if [ "$3" = status ]; then
    printf 'Following migrations have not yet been applied:\n'
    printf '%s\n' $pending
    exit 1
fi
for name in $pending; do
    echo "Applying migration \`$name\`"
    if grep -q '^-- lab: fails' "prisma/migrations/$name/migration.sql"; then
        cat >&2 <<MESSAGE
Error: P3018

A migration failed to apply. New migrations cannot be applied before the error is recovered from.

Migration name: $name

Database error code: 42703

Database error:
ERROR: column "postal_code" of relation "Contact" does not exist
MESSAGE
        exit 1
    fi
    [ "$(psql "apply $name")" = ok ] || { echo "Error: P1001: Can't reach database server at db:5432" >&2; exit 1; }
done
echo
echo "All migrations have been successfully applied."
