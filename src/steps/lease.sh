# Who may change this instance: words for acquire, keep and release, which each step has from the runner, and for the
# desk. Whoever writes here holds the flock of the instance meanwhile, so two jobs never read and write here at the same
# time. The hard link makes the file appear at once with its whole content, for readers and for programs that do not
# take the flock.
lease_place() { # -> state, lease, lease_new
    state=${lease_home:-$BUNKER_STATE/instances/$BUNKER_INSTANCE}
    lease=$state/lease
    lease_new=$lease.$$
}
# Read by the shell itself: a lease is looked at often, and each program that is started costs a host more than this.
lease_field() {
    [ -r "$lease" ] || return 0
    while IFS= read -r lease_line; do
        case $lease_line in "$1="*)
            printf '%s\n' "${lease_line#*=}"
            return 0
            ;;
        esac
    done <"$lease"
}
lease_boot_id() {
    lease_id=
    { read -r lease_id </proc/sys/kernel/random/boot_id; } 2>/dev/null || :
    printf %s "${lease_id:-unknown}"
}
lease_counted() {
    lease_id=
    { read -r lease_id <"$state/generation"; } 2>/dev/null || :
    lease_number "$lease_id"
}
# Seconds since the boot: no change of the wall clock moves them.
lease_uptime() {
    lease_up=
    { IFS=' .' read -r lease_up lease_rest </proc/uptime; } 2>/dev/null || :
    printf %s "${lease_up:-0}"
}
lease_number() { case $1 in '' | *[!0-9]*) printf 0 ;; *) printf %s "$1" ;; esac }
# The highest generation that was ever given away here, also by somebody who was killed before they wrote it down.
lease_generation() {
    lease_last=$(lease_counted)
    lease_held=$(lease_number "$(lease_field generation)")
    if [ "$lease_held" -gt "$lease_last" ]; then lease_last=$lease_held; fi
    printf %s "$lease_last"
}
lease_doing() {
    if [ -n "${lease_word:-}" ]; then
        printf %s "$lease_word"
    elif [ -n "${br_id:-}" ]; then
        printf '%s, step %d of %s' "$br_id" "$((1${br_num:-000} - 1000))" "$(grep -c '' "$br_job/plan" 2>/dev/null || echo '?')"
    fi
}
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
        "beat=$(lease_uptime)" \
        "doing=$(lease_doing)" \
        "expires=$(($(date +%s) + hold_s))" \
        "until=$(($(lease_uptime) + hold_s))" \
        "boot=$(lease_boot_id)"
}
lease_write() {
    (umask 022 && lease_text "$1" "$2" >"$lease_new") ||
        bunker_fail "the lease could not be written into $state" "look at the free space and the owner of that folder"
}
# How many seconds it still holds, by this host's own clock: that since the boot, where the lease has it.
lease_left() {
    lease_until=$(lease_field until)
    lease_boot=$(lease_field boot)
    case $lease_until in
    '' | *[!0-9]*)
        lease_until=$(lease_number "$(lease_field expires)")
        lease_seconds=$((lease_until - $(date +%s)))
        ;;
    *) lease_seconds=$((lease_until - $(lease_uptime))) ;;
    esac
    if [ -n "$lease_boot" ] && [ "$lease_boot" != unknown ] && [ "$lease_boot" != "$(lease_boot_id)" ]; then
        lease_seconds=0
    fi
    printf %s "$lease_seconds"
}
lease_is_over() { [ "$(lease_left)" -le 0 ]; }
lease_keep_generation() {
    printf '%s\n' "$1" >"$state/generation.new" && mv -f -- "$state/generation.new" "$state/generation"
}
