# The label of a container says with which settings it was made; where Compose would make it with others now, it is
# replaced. All others are left alone: dependencies are not started either, since a one-shot would run again.
docker compose config --hash '*' </dev/null >"$BUNKER_JOB/hashes" || bunker_fail "Compose cannot read the project with the new .env" "see the output above; mend the inventory, then plan again"
containers=$(docker compose ps -a -q </dev/null) || bunker_fail "docker compose cannot list the containers" "see the output above"
: >"$BUNKER_JOB/labels"
for container in $containers; do
    docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.config-hash"}}' "$container" >>"$BUNKER_JOB/labels"
done
touched=$(awk 'FILENAME == ARGV[1] { made[$1] = $2; next } made[$1] != $2 { print $1 }' "$BUNKER_JOB/labels" "$BUNKER_JOB/hashes" | sort | tr '\n' ' ')
touched=${touched% }
if [ -z "$touched" ]; then
    echo "no service is touched: all containers run with these settings"
    bunker_tell restarted none
    exit 0
fi
echo "touched: $touched"
bunker_changed
bunker_tell restarted "$touched"
rc=0
# shellcheck disable=SC2086
docker compose up -d --no-build --no-deps $touched </dev/null || rc=$?
[ "$rc" = 0 ] || bunker_fail "docker compose up ended with exit code $rc: some containers may be new already" "$way_back"
docker compose ps -a </dev/null || :
