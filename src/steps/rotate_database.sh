# Over the local socket of the container, where the superuser needs no password. The statement goes by standard input.
user=$(docker compose exec -T "$service" sh -c 'printf %s "${POSTGRES_USER:-postgres}"' </dev/null) || bunker_fail "$service does not answer" "look at it with docker compose ps; its password is as it was"
case $user in '' | *[!A-Za-z0-9_]*) bunker_fail "the database's user has an unusual name" "change its password by hand" ;; esac
rc=0
{ printf 'ALTER ROLE "%s" WITH PASSWORD '"'" "$user"; cat "$(bunker_input new-1)"; printf "';\n"; } |
    docker compose exec -T "$service" sh -c 'psql -q -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}"' || rc=$?
[ "$rc" = 0 ] || bunker_fail "the database did not take the new password (exit code $rc)" "the running services go on with the old one; start the same rotation again when the database is well"
bunker_changed
