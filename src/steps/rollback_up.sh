rc=0
docker compose up -d --no-build --pull never </dev/null || rc=$?
bunker_changed
[ "$rc" = 0 ] || bunker_fail "THE ROLLBACK ITSELF FAILED: docker compose up ended with exit code $rc, some containers may be old already" "$way_back"
docker compose ps -a </dev/null || :
