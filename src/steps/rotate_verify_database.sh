# By the container's own address, where a password is asked for also by the official image's pg_hba.conf.
opens() { # INPUT
    docker compose exec -T "$service" sh -c 'umask 077; f=$(mktemp); { printf "*:*:*:*:"; cat; } >"$f"
        rc=0; PGPASSFILE=$f psql -q -w -h "$(hostname -i | cut -d" " -f1)" -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" -c "select 1" >/dev/null || rc=$?
        rm -f "$f"; exit $rc' <"$(bunker_input "$1")" 2>&1
}
said=$(opens new-1) || bunker_fail "the database refuses the new password" "look at the database; start the same rotation again: it goes on with the same new password"
! opens old-1 >/dev/null || bunker_fail "the database still opens with the old password" "look at its pg_hba.conf: it may ask for no password at all"
echo "the database opens with the new password and refuses the old"
