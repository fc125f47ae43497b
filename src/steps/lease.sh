# Who may change this instance. Sourced by acquire, keep and release; the runner holds the flock of the
# instance meanwhile, so two jobs never read and write here at the same time. The hard link makes the file
# appear at once with its whole content, for readers and for programs that do not take the flock.
state=$BUNKER_STATE/instances/$BUNKER_INSTANCE
lease=$state/lease
lease_new=$lease.$$
lease_field() { sed -n "s/^$1=//p" "$lease" 2>/dev/null | head -n 1; }
lease_text() {
    printf '%s\n' \
        "holder=run $BUNKER_RUN ($workflow) by $operator since $2" \
        "run=$BUNKER_RUN" \
        "workflow=$workflow" \
        "target=$target" \
        "operator=$operator" \
        "generation=$1" \
        "started=$2" \
        "heartbeat=$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
        "expires=$(($(date +%s) + hold_s))" \
        "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown)"
}
lease_write() {
    (umask 022 && lease_text "$1" "$2" >"$lease_new") ||
        bunker_fail "the lease could not be written into $state" "look at the free space and the owner of that folder"
}
lease_is_over() {
    lease_until=$(lease_field expires)
    case $lease_until in '' | *[!0-9]*) lease_until=0 ;; esac
    [ "$lease_until" -le "$(date +%s)" ] && return 0
    lease_boot=$(lease_field boot)
    [ -n "$lease_boot" ] && [ "$lease_boot" != unknown ] &&
        [ "$lease_boot" != "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo "$lease_boot")" ]
}
