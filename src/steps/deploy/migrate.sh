if sh -c "$status_command" >"$BUNKER_JOB/migrate.log" 2>&1 </dev/null; then
    echo "no migration is pending"
    exit 0
fi
echo "+ $command"
{ rc=0; sh -c "$command" </dev/null || rc=$?; echo "$rc" >"$BUNKER_JOB/migrate.rc"; } 2>&1 | tee "$BUNKER_JOB/migrate.log"
rc=$(cat "$BUNKER_JOB/migrate.rc")
[ "$rc" = 0 ] || bunker_fail "the migration failed with exit code $rc" \
    "it is never tried again by itself: the database may hold a part of it; look at it, mend the release or the database, then deploy again"
grep -q 'No pending migrations' "$BUNKER_JOB/migrate.log" || bunker_changed
