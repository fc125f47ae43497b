ours_only || bunker_fail "the crontab of $tree_owner lacks the backup: $line" "deploy again with --tags backup"
echo "$line"
