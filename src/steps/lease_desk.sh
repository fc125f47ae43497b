# What the control side asks about a lease without a job: one verb in each exec. The first word of the answer says
# what came of it.
bunker_fail() {
    printf 'failed %s: %s\n' "$1" "${2:-}"
    exit 0
}
bunker_tell() {
    case $1 in lease-generation) printf 'taken %s\n' "$2" ;; esac
}
desk_job() { # -> desk_text, the job that runs here, empty where none does
    desk_text='' desk_folder=''
    [ -e "$state/holder" ] || return 0
    { read -r desk_folder && read -r desk_text; } <"$state/holder" || :
    if [ -z "$desk_folder" ] || [ -e "$desk_folder/rc" ] || [ ! -e "$desk_folder/started" ]; then
        desk_text=
        return 0
    fi
    read -r desk_boot desk_pid desk_start desk_more <"$desk_folder/started" || :
    desk_line=
    { read -r desk_line <"/proc/$desk_pid/stat"; } 2>/dev/null || :
    set -- ${desk_line##*) }
    case ${1:-Z} in Z | X) desk_text= ;; esac
    if [ "${20:-}" != "$desk_start" ] || [ "$desk_boot" != "$(lease_boot_id)" ]; then desk_text=; fi
}
# A job says who holds the flock; a word of another desk holds it for a moment only.
desk_lock() {
    mkdir -p -- "$state"
    exec 9>>"$state/op.lock"
    desk_tries=0
    until flock -n 9; do
        desk_job
        if [ -n "$desk_text" ] || [ "$desk_tries" -ge 90 ]; then
            printf 'busy %s\n' "${desk_text:-something holds the lock of this instance}"
            exit 0
        fi
        desk_tries=$((desk_tries + 1))
        sleep 0.02 2>/dev/null || sleep 1
    done
}
desk_is_ours() {
    [ "$(lease_field run)" = "$BUNKER_RUN" ] &&
        { [ "$fence" = - ] || [ "$(lease_generation)" -le "$fence" ]; }
}
desk_look() {
    desk_job
    printf 'now=%s\nup=%s\ngeneration=%s\njob=%s\n' "$(date +%s)" "$(lease_uptime)" "$(lease_generation)" "$desk_text"
    [ ! -e "$lease" ] || {
        printf 'left=%s\n' "$(lease_left)"
        head -c 8000 "$lease" | sed 's/^/lease./'
    }
    [ ! -e "$state/breaks" ] || tail -n 5 "$state/breaks" | head -c 8000 | sed 's/^/break=/'
}
desk_renew() {
    [ -e "$state/op.lock" ] || {
        echo gone
        return
    }
    desk_lock
    if [ ! -e "$lease" ]; then
        if [ "$fence" != - ] && [ "$(lease_generation)" -gt "$fence" ]; then
            printf 'lost to generation %s\n' "$(lease_generation)"
        else
            echo gone
        fi
    elif desk_is_ours; then
        desk_left=$(lease_left)
        if [ "$desk_left" -gt "$hold_s" ]; then hold_s=$desk_left; fi
        lease_word=${lease_word:-$(lease_field doing)}
        workflow=$(lease_field workflow) target=$(lease_field target) operator=$(lease_field operator)
        lease_write "$(lease_field generation)" "$(lease_field started)"
        mv -f -- "$lease_new" "$lease"
        echo renewed
    else
        printf 'lost to %s\n' "$(lease_field holder)"
    fi
}
desk_take() {
    desk_lock
    if [ -e "$lease" ] && [ "$(lease_field run)" != "$BUNKER_RUN" ] && ! lease_is_over; then
        echo held
        desk_look
        exit 0
    fi
    desk_acquire
}
desk_drop() {
    [ -e "$lease" ] || {
        echo gone
        return
    }
    desk_lock
    if desk_is_ours; then
        rm -f -- "$lease"
        echo dropped
    else
        printf 'lost to %s\n' "$(lease_field holder)"
    fi
}
# First the generation, so that whoever held it is refused from here on; then the record; then the lease itself.
desk_break() {
    [ -e "$lease" ] || {
        echo none
        return
    }
    desk_lock
    desk_held=$(lease_field holder)
    desk_next=$(($(lease_generation) + 1))
    lease_keep_generation "$desk_next"
    printf '%s %s broke the lease of %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$operator" \
        "${desk_held:-somebody who left no name}" "$reason" >>"$state/breaks" ||
        bunker_fail "the record could not be written into $state/breaks" "look at the free space and the owner of that folder"
    rm -f -- "$lease"
    printf 'broken %s %s\n' "$desk_next" "$desk_held"
}
