echo "+ $command"
{ rc=0; sh -c "$command" </dev/null || rc=$?; echo "$rc" >"$BUNKER_JOB/migrate.rc"; } 2>&1 | tee "$BUNKER_JOB/migrate.log"
rc=$(cat "$BUNKER_JOB/migrate.rc")
if [ "$rc" != 0 ]; then
    restore
    backup=$(cat "$BUNKER_JOB/backup" 2>/dev/null) || backup=
    bunker_fail "the migration failed with exit code $rc; $restored" \
        "it is never tried again by itself: the database may hold a part of it; look at it first${backup:+ (the backup from before is $backup)}, then fix the release and plan again"
fi
grep -q 'No pending migrations' "$BUNKER_JOB/migrate.log" || bunker_changed
