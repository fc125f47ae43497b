# Compose itself knows which containers were made with other settings, and replaces those alone. `config --hash` cannot be asked
# instead: for a service with `env_file` it differs from the label of the container that `up` has just made (seen with 2.26).
# A service that depends on one made anew (`depends_on`) is made anew with it: that is Compose's own rule, also where its
# settings are the same, and `--no-deps` is no way around it: the next `up` would make both anew once more.
listed() {
    for container in $(docker compose ps -a -q </dev/null); do
        docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}}' "$container"
    done | sort
}
listed >"$BUNKER_JOB/before" || bunker_fail "docker compose cannot list the containers" "see the output above"
rc=0
docker compose up -d --no-build </dev/null || rc=$?
listed >"$BUNKER_JOB/after" || :
touched=$(comm -13 "$BUNKER_JOB/before" "$BUNKER_JOB/after" | cut -d' ' -f1 | sort -u | tr '\n' ' ')
touched=${touched% }
if [ -n "$touched" ]; then bunker_changed; fi
bunker_tell restarted "${touched:-none}"
echo "touched: ${touched:-no service}"
[ "$rc" = 0 ] || bunker_fail "docker compose up ended with exit code $rc: some containers may be new already" "$way_back"
rm -f -- "$state/env_pending"
docker compose ps -a </dev/null || :
