rc=0
docker compose up -d </dev/null || rc=$?
bunker_changed
[ "$rc" = 0 ] || bunker_fail "docker compose up ended with exit code $rc: some containers may be new already" "$way_back"
docker compose ps -a </dev/null || :
