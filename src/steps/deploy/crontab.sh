# $line is the line of the crontab, $mark what it ends with.
tree_owner=$(stat -c %U -- "$dir")
command -v crontab >/dev/null || bunker_fail "there is no crontab on the host" "install cron (apt-get install cron), or run the common steps"
tab() { if [ "$(id -u)" = 0 ]; then crontab -u "$tree_owner" "$@"; else crontab "$@"; fi; }
read_tab() {
    if tab -l >"$BUNKER_JOB/crontab" 2>"$BUNKER_JOB/crontab.err" </dev/null; then return 0; fi
    grep -qi 'no crontab' "$BUNKER_JOB/crontab.err" && return 0
    cat "$BUNKER_JOB/crontab.err"
    bunker_fail "the crontab of $tree_owner cannot be read" "see the output above"
}
ours_only() { [ "$(grep -cF -- "$mark" "$BUNKER_JOB/crontab")" = 1 ] && grep -qxF -- "$line" "$BUNKER_JOB/crontab"; }
read_tab
