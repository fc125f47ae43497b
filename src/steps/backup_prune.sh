old >"$BUNKER_JOB/backups.old"
[ -s "$BUNKER_JOB/backups.old" ] || bunker_skip "no backup is older than $keep_days days, or none more than the $keep_min that are always kept"
n=0
while IFS= read -r name; do
    # The manifest goes last: a kill between the two leaves a manifest without an archive, which counts for nothing.
    rm -f -- "$backup_dir/$name" && rm -f -- "$backup_dir/$name.manifest.json" ||
        bunker_fail "the old backup $backup_dir/$name could not be deleted" "look at its owner; the new backup is made and good"
    echo "deleted $name"
    n=$((n + 1))
done <"$BUNKER_JOB/backups.old"
bunker_changed
bunker_tell backups-deleted "$n"
