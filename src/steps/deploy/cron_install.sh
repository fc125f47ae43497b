if ours_only; then
    echo "the backup runs by itself already: $line"
    exit 0
fi
{ grep -vF -- "$mark" "$BUNKER_JOB/crontab" || :; printf '%s\n' "$line"; } >"$BUNKER_JOB/crontab.new"
tab - <"$BUNKER_JOB/crontab.new" || bunker_fail "the crontab of $tree_owner could not be written" "see the output above"
bunker_changed
read_tab
ours_only || bunker_fail "the crontab of $tree_owner did not take the line" "look at crontab -l on the host"
echo "$line"
