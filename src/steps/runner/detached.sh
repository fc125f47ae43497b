# What runs detached, from the file on the host: STATE RUN INSTANCE SEQ UNIT, the unit - where there is none.

br_log_limit=268435456

br_mark() { printf '\036%s %s\n' "$br_nonce" "$*" >>"$br_job/log"; }

# The same, and how long the log is then: by the kernel's word on where its writer has come to, which costs no process.
br_mark_size() { # -> br_bytes
    br_bytes=0
    {
        printf '\036%s %s\n' "$br_nonce" "$*" >&6
        while read -r br_x br_y; do
            if [ "$br_x" = pos: ]; then br_bytes=$br_y; fi
        done 2>/dev/null <"/proc/$$/fdinfo/6"
    } 6>>"$br_job/log"
    [ "$br_bytes" -gt 0 ] 2>/dev/null || br_size "$br_job/log"
}

br_finish() { # WORDS
    br_leave_rc "$br_job" "$@"
    exit 0
}

br_run() { # UNIT or -
    mkdir "$br_job/claimed" 2>/dev/null || exit 0
    umask 077
    cd / || exit 1
    exec </dev/null >/dev/null 2>>"$br_job/runner.err"
    br_stop='' br_child='' br_sent=''
    trap 'br_stop=1' TERM
    trap '' HUP INT
    # Without room for the end of the job nothing is begun.
    printf '%-64s\n' reserved >"$br_job/rc.new" || exit 1
    read -r br_nonce <"$br_job/nonce"
    br_own_cgroup "$1"
    br_boot
    br_stat $$
    printf '%s %s %s %s %s\n' "$br_boot_id" $$ "$br_pstart" "$br_psession" "$br_cgroup" >"$br_job/started.new" || exit 1
    mv -f "$br_job/started.new" "$br_job/started" || exit 1
    br_s_boot=$br_boot_id br_s_pid=$$ br_s_start=$br_pstart br_s_session=$br_psession br_s_cgroup=$br_cgroup
    br_lock
    br_check_fence
    br_environment
    while read -r br_num br_id br_limit <&7; do
        if [ -e "$br_job/abort" ]; then br_finish aborted; fi
        if [ -n "$br_stop" ]; then br_finish interrupted the runner was told to end; fi
        if [ -e "$br_job/hold" ]; then br_finish held; fi
        br_run_step
        case $br_rc in 0 | 77) continue ;; esac
        if [ -e "$br_job/abort" ]; then br_finish aborted; fi
        if [ -n "$br_stop" ]; then br_finish interrupted the runner was told to end; fi
        br_finish exit "$br_rc"
    done 7<"$br_job/plan"
    br_finish exit 0
}

# Where the processes of our unit are listed; only where the cgroup is ours alone.
br_own_cgroup() { # UNIT or -
    br_cgroup=-
    [ "$1" != - ] || return 0
    while IFS=: read -r br_x br_y br_path; do
        case $br_path in */"$1.service") ;; *) continue ;; esac
        for br_top in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
            if [ -r "$br_top$br_path/cgroup.procs" ]; then
                br_cgroup=$br_top$br_path
                return 0
            fi
        done
    done </proc/self/cgroup
}

# Takes the instance, or ends the job. The kernel frees the lock whatever becomes of us; so processes that a
# killed runner left behind are looked for, too. A job that holds the lock is named at once; a word of the control
# side (which renews or breaks a lease) holds it for a moment only and is waited for.
br_lock() {
    (: >>"$br_inst/op.lock") || br_finish "exit" 73
    exec 9>>"$br_inst/op.lock"
    br_i=0
    until flock -n 9; do
        br_read_holder
        if [ "$br_i" -ge 15 ] || { [ -n "$br_holder_job" ] && (br_started "$br_holder_job" && br_runner_lives); }; then
            br_lease=$(sed -n 's/^holder=//p' "$br_inst/lease" 2>/dev/null | head -n 1)
            br_doing=$(sed -n 's/^doing=//p' "$br_inst/lease" 2>/dev/null | head -n 1)
            br_finish locked "${br_holder_text:-another job}${br_lease:+; the lease has $br_lease}${br_doing:+, at $br_doing}"
        fi
        br_i=$((br_i + 1))
        br_nap 0.1
    done
    br_read_holder
    if [ -n "$br_holder_job" ] && [ "$br_holder_job" != "$br_job" ] && [ ! -e "$br_holder_job/rc" ]; then
        (br_started "$br_holder_job" && br_procs && [ -n "$br_pids" ]) &&
            br_finish locked "processes that were left by $br_holder_text"
    fi
    br_forget_inputs
    br_forget_aside
    br_prune
    printf '%s\nrun %s, job %s, since %s\n' "$br_job" "$br_run_id" "$br_seq" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
        >"$br_inst/holder"
}

br_read_holder() { # -> br_holder_job br_holder_text
    br_holder_job='' br_holder_text=
    if [ -e "$br_inst/holder" ]; then
        { read -r br_holder_job && read -r br_holder_text; } <"$br_inst/holder"
    fi
    if [ "$br_holder_job" != "$br_job" ] && [ -e "$br_holder_job/rc" ]; then br_holder_job=; fi
}

# The fencing token: a job that was made under a lease runs only while no newer lease was given away, whatever its
# control machine believes when it wakes from sleep. Read under the flock, so nobody can change it meanwhile.
br_check_fence() {
    br_fence=-
    { read -r br_fence <"$br_job/fence"; } 2>/dev/null
    case $br_fence in '' | *[!0-9]*) return 0 ;; esac
    br_gen=0
    { read -r br_gen <"$br_inst/generation"; } 2>/dev/null
    br_held=$(sed -n 's/^generation=//p' "$br_inst/lease" 2>/dev/null | head -n 1)
    for br_x in "$br_gen" "$br_held"; do
        case $br_x in '' | *[!0-9]*) continue ;; esac
        [ "$br_x" -gt "$br_fence" ] || continue
        br_lease=$(sed -n 's/^holder=//p' "$br_inst/lease" 2>/dev/null | head -n 1)
        br_finish fenced "${br_lease:-nobody now; the lease was broken or taken over, and given back}"
    done
}

# What steps of earlier jobs got and could not remove, since their runner was killed. Ours are the only job that runs
# here now; one that has not begun keeps its own.
br_forget_inputs() {
    for br_file in "$br_state/ops"/*/"$br_instance"/*/steps/*.in-*; do
        br_where=${br_file%/steps/*}
        if [ "$br_where" = "$br_job" ] || [ ! -e "$br_where/started" ]; then continue; fi
        rm -f "$br_file"
    done
}

# Files with secrets that a step made for a while, where a kill left them.
br_forget_aside() {
    [ -e "$br_inst/aside" ] || return 0
    while IFS= read -r br_file; do
        case $br_file in /*) rm -f -- "$br_file" ;; esac
    done <"$br_inst/aside"
    rm -f "$br_inst/aside"
}

# Folders of runs that are over on this instance, all but the newest 20. Its lock is ours, so nothing of it runs; and
# at most five go at a time, so that a job does not wait for them.
br_prune() {
    set -- "$br_state/ops"/*/"$br_instance"/finished
    br_i=0
    while [ $# -gt 20 ] && [ "$br_i" -lt 5 ]; do
        br_where=${1%/finished}
        shift
        br_i=$((br_i + 1))
        if [ "$br_where" = "$br_parent" ]; then continue; fi
        # The mark goes after the jobs: what a kill leaves of them is found again.
        rm -rf "$br_where"/[0-9]* && rm -rf "$br_where" && rmdir "${br_where%/*}" 2>/dev/null
    done
}

br_environment() {
    LC_ALL=C GIT_TERMINAL_PROMPT=0 COMPOSE_ANSI=never COMPOSE_PROGRESS=plain BUILDKIT_PROGRESS=plain NO_COLOR=1
    GIT_COMMITTER_NAME='Bunker Ops' GIT_COMMITTER_EMAIL=bunker@localhost
    GIT_AUTHOR_NAME='Bunker Ops' GIT_AUTHOR_EMAIL=bunker@localhost
    BUNKER_RUN=$br_run_id BUNKER_INSTANCE=$br_instance BUNKER_STATE=$br_state BUNKER_JOB=$br_job
    PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
    export LC_ALL GIT_TERMINAL_PROMPT COMPOSE_ANSI COMPOSE_PROGRESS BUILDKIT_PROGRESS NO_COLOR PATH
    export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL
    export BUNKER_RUN BUNKER_INSTANCE BUNKER_STATE BUNKER_JOB
}

br_run_step() { # br_num br_id br_limit -> br_rc
    br_base=$br_job/steps/$br_num-$br_id
    # A step begins when the one before it has ended.
    br_time=${br_end:-}
    [ -n "$br_time" ] || br_now
    br_begin=${br_time%%.*}
    br_mark_size start "$br_id" "$br_time"
    [ -p "$br_job/pipe" ] || mkfifo "$br_job/pipe" || br_finish "exit" 73
    # Output goes through a process that stops keeping it at the limit, and always takes it.
    (
        trap '' TERM
        exec 7<&- 9>&-
        br_keep
    ) <"$br_job/pipe" >>"$br_job/log" 2>/dev/null &
    br_keeper=$!
    br_t=
    if command -v timeout >/dev/null 2>&1; then br_t="timeout -k 10 $br_limit"; fi
    (
        exec 7<&- 9>&-
        # shellcheck disable=SC2086
        exec $br_t /bin/sh "$br_step_file" "$br_state" "$br_run_id" "$br_instance" "$br_seq" "$br_num" "$br_id"
    ) </dev/null >"$br_job/pipe" 2>&1 &
    br_child=$!
    br_wait_child
    br_drain
    br_now
    br_end=$br_time
    case $br_rc in
    124 | 137 | 143)
        if [ $((${br_end%%.*} - br_begin)) -ge "$br_limit" ] && [ ! -e "$br_job/abort" ]; then
            br_wrap "it took longer than $br_limit s and was ended"
            br_mark fail "$br_id" "$br_word" -
        fi
        ;;
    esac
    br_remove "$br_base".in-*
    for br_lost in "$br_base".lost-*; do
        [ -e "$br_lost" ] || continue
        br_wrap "${br_lost##*.lost-} bytes of output are not in this log: it reached its limit, or the disk is full"
        br_mark note "$br_word"
    done
    br_changed=0
    if [ -e "$br_base.changed" ]; then br_changed=1; fi
    br_mark "done" "$br_id" "$br_rc" "$br_end" "$br_changed"
}

# Each `dd` writes what it reads at once, so that output is seen as it comes; it counts reads, not bytes, hence the
# loop. One that read less often than it might found the end, by its own words ("0+3 records in", after a warning of
# GNU's about reads that were short); one that says anything else and adds nothing found a full disk.
br_keep() { # br_bytes: what the log has
    exec 8>&1
    while br_room=$((br_log_limit - br_bytes)) && [ "$br_room" -ge 65536 ]; do
        br_was=$br_bytes br_most=$((br_room / 65536))
        br_said=$(exec dd bs=65536 count="$br_most" 2>&1 >&8)
        br_said=${br_said%% records in*}
        br_said=${br_said##*[!0-9+]}
        br_whole=${br_said%%+*} br_part=${br_said#*+}
        case $br_whole,$br_part in
        ,* | *, | *[!0-9,]*) ;;
        *) [ $((br_whole + br_part)) -ge "$br_most" ] || return 0 ;;
        esac
        br_size "$br_job/log"
        [ "$br_bytes" -gt "$br_was" ] || break
    done
    br_dropped=$(($(wc -c) + 0))
    [ "$br_dropped" -eq 0 ] || mkdir "$br_base.lost-$br_dropped"
}

# Waits for the step. A signal to us ends `wait` early; then the step is told and waited for again.
br_wait_child() { # -> br_rc
    wait "$br_child"
    br_rc=$?
    while br_stat "$br_child" && [ "$br_pparent" = $$ ]; do
        if [ -n "$br_stop" ] && [ -z "$br_sent" ]; then
            br_sent=1
            kill -TERM "$br_child" 2>/dev/null
        fi
        wait "$br_child"
        br_rc=$?
    done
    br_child='' br_sent=
}

# Waits until all output is in the log. No process of a step outlives it: what still holds its output is ended.
br_drain() {
    br_drained 0.03 0.05 0.1 0.2 0.5 1 || {
        br_leftover TERM
        br_drained 0.1 0.2 0.5 1 2
    } || {
        br_leftover KILL
        br_drained 0.1 0.2 0.5 1
    } || {
        for br_p in /proc/[0-9]*; do
            br_p=${br_p#/proc/}
            if br_lives "$br_p" && [ "$br_pparent" = "$br_keeper" ]; then br_signal KILL "$br_p"; fi
        done
        br_signal KILL "$br_keeper"
        # Whoever still has this pipe keeps it to itself.
        rm -f "$br_job/pipe"
    }
    wait "$br_keeper"
}

br_drained() { # NAP...
    # It mostly ends in the same moment as the step: looking some times more costs less than to sleep.
    for br_t in 1 2 3 4 5 6 7 8 9 10; do
        br_lives "$br_keeper" || return 0
    done
    for br_t in "$@"; do
        br_lives "$br_keeper" || return 0
        br_nap "$br_t"
    done
    ! br_lives "$br_keeper"
}

br_leftover() { # SIGNAL
    br_procs
    for br_p in $br_pids; do
        if [ "$br_p" = $$ ] || [ "$br_p" = "$br_keeper" ]; then continue; fi
        br_stat "$br_p" || continue
        [ "$br_pparent" = "$br_keeper" ] || br_signal "$1" "$br_p"
    done
}

br_paths "$1" "$2" "$3" "$4"
br_step_file=${0##*/runner-}
br_step_file=$br_state/step-$br_step_file
br_run "$5"
