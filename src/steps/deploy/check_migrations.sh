rc=0
sh -c "$status_command" </dev/null || rc=$?
[ "$rc" = 0 ] || bunker_fail "migrations are pending, or failed: $status_command ended with $rc" "see the output above, then deploy again"
