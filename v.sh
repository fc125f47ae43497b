# The runner of remote jobs: POSIX sh for dash, bash and busybox. Its parts are put together in three ways, none of which
# holds more than it needs, since a host pays for the size of a shell with each program that the shell starts:
#
#   words, base, verbs     sent with each exec of the control side, which calls one verb (start, follow, look, hold, abort)
#   words, base, detached  the file that `start` leaves on the host, named by its hash, and that runs there by itself
#   words, step            the file that `start` leaves for the steps, each of which is a shell of its own
#
# Functions and variables of its own begin with br_; steps may call those that begin with bunker_.
#
# A job's folder:  nonce, plan, steps/NNN-ID.sh   written before the runner starts
#                  fence                         the generation of the lease that it may run under, or -
#                  steps/NNN-ID.in-NAME           what a step gets; gone when it has ended
#                  claimed/                       made by the one runner that may run it
#                  started                        boot id, pid, its start time, session, cgroup of the runner
#                  log                            output of the steps with the runner's marks between
#                  hold, abort                    left by the control side
#                  rc                             the end, in words; written last, by rename
# Beside the jobs of a run lies `finished` when the run is over on this instance: then they may go.

br_paths() { # STATE RUN INSTANCE SEQ
    br_state=$1 br_run_id=$2 br_instance=$3 br_seq=$4
    br_parent=$br_state/ops/$br_run_id/$br_instance
    br_job=$br_parent/$br_seq
    br_inst=$br_state/instances/$br_instance
}

# One word for a text: the text itself behind `=`, which costs no process, where it is plain; else in base64.
br_wrap() { # TEXT -> br_word
    case $1 in
    '')
        br_word=-
        return
        ;;
    *[!A-Za-z0-9._:/@,+-]*) ;;
    *)
        br_word="=$1"
        [ "${#1}" -gt 500 ] || return 0
        ;;
    esac
    if [ "${#1}" -le 500 ]; then
        br_word=$(printf %s "$1" | base64 -w 0)
    else
        br_word=$(printf %s "$1" | head -c 2000 | base64 -w 0)
    fi
}
# What both the control side's verbs and the detached runner need.

br_nap() { sleep "$1" 2>/dev/null || sleep 1; }

br_size() { # FILE -> bytes
    br_bytes=$({ wc -c <"$1"; } 2>/dev/null) || br_bytes=0
    br_bytes=$((br_bytes + 0))
}

# What /proc says of a process: br_pstate br_pparent br_psession br_pstart. The name may hold spaces.
br_stat() { # PID
    br_line=
    { read -r br_line <"/proc/$1/stat"; } 2>/dev/null
    [ -n "$br_line" ] || return 1
    # shellcheck disable=SC2086
    set -- ${br_line##*) }
    [ $# -ge 20 ] || return 1
    br_pstate=$1 br_pparent=$2 br_psession=$4 br_pstart=${20}
}

br_lives() { # PID -> no zombie
    br_stat "$1" || return 1
    case $br_pstate in Z | X) return 1 ;; esac
}

br_boot() { # -> br_boot_id
    br_boot_id=
    { read -r br_boot_id </proc/sys/kernel/random/boot_id; } 2>/dev/null
    br_boot_id=${br_boot_id:-unknown}
}

# Reads `started` of a job. Fails if the runner has not begun.
br_started() { # JOB
    br_s_boot='' br_s_pid='' br_s_start='' br_s_session='' br_s_cgroup=''
    [ -e "$1/started" ] || return 1
    read -r br_s_boot br_s_pid br_s_start br_s_session br_s_cgroup <"$1/started"
}

# Whether the runner of a job is the very process that began it. Needs br_started.
br_runner_lives() {
    br_boot
    [ "$br_s_boot" = "$br_boot_id" ] && br_lives "$br_s_pid" && [ "$br_pstart" = "$br_s_start" ]
}

# The living processes of a job: its session, and its cgroup where it has one of its own. Needs br_started.
br_procs() { # -> br_pids
    br_pids=
    br_boot
    [ "$br_s_boot" = "$br_boot_id" ] || return 0
    # A session's number is free for others when its leader's number belongs to another process.
    if ! br_stat "$br_s_session" || [ "$br_pstart" = "$br_s_start" ]; then
        for br_p in /proc/[0-9]*; do
            br_p=${br_p#/proc/}
            br_lives "$br_p" && [ "$br_psession" = "$br_s_session" ] && br_pids="$br_pids $br_p"
        done
    fi
    if [ "$br_s_cgroup" != - ] && [ -r "$br_s_cgroup/cgroup.procs" ]; then
        while read -r br_p; do
            case " $br_pids " in *" $br_p "*) ;; *) br_lives "$br_p" && br_pids="$br_pids $br_p" ;; esac
        done <"$br_s_cgroup/cgroup.procs"
    fi
}

br_signal() { # SIGNAL PID...
    br_sig=$1
    shift
    for br_p in "$@"; do kill "-$br_sig" "$br_p" 2>/dev/null; done
}

# Removes files, where there are any: a pattern that fits nothing costs no process.
br_remove() { # FILE...
    [ ! -e "$1" ] || rm -f -- "$@"
}

# Leaves the end of a job. `rc.new` has its block already, so that it can be written on a full disk.
br_leave_rc() { # JOB WORDS...
    br_where=$1
    shift
    br_remove "$br_where"/steps/*.in-*
    [ -e "$br_where/rc" ] && return 0
    { printf '%-64s\n' "$*" 1<>"$br_where/rc.new"; } 2>/dev/null && mv -f "$br_where/rc.new" "$br_where/rc"
}

# What the control side calls: one verb in each exec.

br_refuse() { # what went wrong
    [ -z "${br_tmp:-}" ] || rm -rf "$br_tmp"
    br_left=$(df -P "$br_state" 2>/dev/null | awk 'NR==2 {print $4 " KB free on " $6}')
    printf 'no %s%s\n' "$1" "${br_left:+ ($br_left)}"
    exit 0
}

br_start() { # SHA RUNNER STEP UNIT ROOT NONCE FENCE (ID LIMIT SCRIPT N (NAME CONTENT)xN)...
    br_sha=$1 br_runner_text=$2 br_step_text=$3 br_unit=$4 br_root=$5 br_nonce=$6 br_fence=$7
    shift 7
    umask 077
    if [ -d "$br_job" ]; then
        echo there
        return
    fi
    mkdir -p "$br_parent" "$br_inst" 2>/dev/null || br_refuse "cannot make $br_parent"
    br_file=$br_state/runner-$br_sha.sh
    br_leave "$br_state/step-$br_sha.sh" "$br_step_text"
    br_leave "$br_file" "$br_runner_text"
    br_tmp=$br_parent/.$br_seq.$br_nonce.$$
    br_steps "$@" 2>/dev/null || br_refuse "cannot write the job's files in $br_parent"
    if ! mkdir "$br_job" 2>/dev/null; then
        rm -rf "$br_tmp"
        [ -d "$br_job" ] || br_refuse "cannot make $br_job"
        echo there
        return
    fi
    # Nothing has been started, so a folder that cannot be filled may go again.
    mv "$br_tmp"/* "$br_job"/ 2>/dev/null || {
        rm -rf "$br_job"
        br_refuse "cannot fill $br_job"
    }
    rmdir "$br_tmp"
    br_launch
    echo started
}

# A file that stays, whole or not at all.
br_leave() { # FILE TEXT
    [ ! -f "$1" ] || return 0
    { printf %s "$2" >"$1.$$"; } 2>/dev/null && mv -f "$1.$$" "$1" || {
        rm -f "$1.$$"
        br_refuse "cannot write $1"
    }
}

br_steps() { # (ID LIMIT SCRIPT N (NAME CONTENT)xN)...
    mkdir "$br_tmp" "$br_tmp/steps" || return 1
    printf '%s\n' "$br_nonce" >"$br_tmp/nonce" || return 1
    printf '%s\n' "$br_fence" >"$br_tmp/fence" || return 1
    : >"$br_tmp/log" || return 1
    : >"$br_tmp/plan" || return 1
    br_n=0
    while [ $# -ge 4 ]; do
        br_n=$((br_n + 1))
        case $br_n in ?) br_num=00$br_n ;; ??) br_num=0$br_n ;; *) br_num=$br_n ;; esac
        printf '%s\n' "$3" >"$br_tmp/steps/$br_num-$1.sh" || return 1
        printf '%s %s %s\n' "$br_num" "$1" "$2" >>"$br_tmp/plan" || return 1
        br_base=$br_tmp/steps/$br_num-$1 br_files=$4
        shift 4
        while [ "$br_files" -gt 0 ]; do
            printf %s "$2" >"$br_base.in-$1" || return 1
            br_files=$((br_files - 1))
            shift 2
        done
    done
}

br_launch() {
    if [ "$br_root" = 1 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
        # The runner claims the job, so falling back after an unclear answer cannot start it twice.
        systemd-run --quiet --collect --unit="$br_unit" --property=KillMode=control-group \
            --property=TimeoutStopSec=20 --setenv=PATH="$PATH" --setenv=HOME="${HOME:-/root}" \
            /bin/sh "$br_file" "$br_state" "$br_run_id" "$br_instance" "$br_seq" "$br_unit" \
            </dev/null >/dev/null 2>&1 && return
    fi
    # In a shell of its own that buries it: a follower sees that it ended when it is buried, and not every first process
    # of a host does that at once.
    (
        setsid /bin/sh "$br_file" "$br_state" "$br_run_id" "$br_instance" "$br_seq" -
        :
    ) </dev/null >/dev/null 2>&1 &
}

# The truth about a job in br_truth: none, running, ended WORDS, lost WORDS.
br_look() {
    [ -d "$br_job" ] || {
        br_truth=none
        return
    }
    if ! [ -e "$br_job/rc" ] && br_started "$br_job"; then
        if br_runner_lives; then
            br_truth=running
            return
        fi
        br_why_lost
    elif ! [ -e "$br_job/rc" ]; then
        br_age=$(($(date +%s) - $(stat -c %Y "$br_job" 2>/dev/null || echo 0)))
        br_truth=running
        [ "$br_age" -le 15 ] || br_truth="lost the host stopped before the runner began, so no step was run"
    fi
    # It may have ended while we looked.
    if [ -e "$br_job/rc" ]; then
        read -r br_line <"$br_job/rc"
        br_truth="ended $br_line"
    fi
}

br_why_lost() {
    if [ "$br_s_boot" != "$br_boot_id" ]; then
        br_truth="lost the host was restarted while it ran"
        return
    fi
    br_truth="lost the runner was killed"
    br_full=$(df -P "$br_job" 2>/dev/null | awk 'NR==2 && $4+0 < 64 {print $6}')
    [ -z "$br_full" ] || br_truth="lost the disk is full ($br_full), so the runner could not leave its end"
    br_procs
    # shellcheck disable=SC2086
    set -- $br_pids
    [ $# -eq 0 ] || br_truth="$br_truth; $# of its processes still run, an abort ends them"
}

br_say_look() {
    br_look
    br_size "$br_job/log"
    echo "$br_bytes $br_truth"
}

# Sends the log from an offset on, in frames: "data N" and N bytes, "raw" and bytes up to "sent N", "beat", at last "end TOTAL
# WORDS". As long as the runner lives and the tools can do it, the log is not looked at again and again but waited for:
# fifty followers that look would take the time that the jobs need.
br_follow() { # NONCE OFFSET
    br_fnonce=$1 br_off=$2 br_idle=0 br_beat=0 br_round=0 br_waits=
    if command -v timeout >/dev/null 2>&1; then br_waits=1; fi
    exec 8>&1
    while :; do
        br_truth=running br_s_pid=
        if [ -e "$br_job/rc" ] || [ -e "$br_job/started" ] || [ $((br_round % 16)) -eq 0 ]; then br_look; fi
        br_round=$((br_round + 1))
        if [ "$br_truth" = running ] && [ -n "$br_waits" ] && [ -n "$br_s_pid" ]; then
            br_wait_for_log || return
            continue
        fi
        br_size "$br_job/log"
        if [ "$br_bytes" -gt "$br_off" ]; then
            printf '\036%s data %s\n' "$br_fnonce" $((br_bytes - br_off)) || return
            tail -c "+$((br_off + 1))" "$br_job/log" | head -c $((br_bytes - br_off)) || return
            br_off=$br_bytes br_idle=0 br_beat=0
            [ "$br_truth" != running ] || br_nap 0.2
        elif [ "$br_truth" != running ]; then
            printf '\036%s end %s %s\n' "$br_fnonce" "$br_bytes" "$br_truth"
            return
        else
            br_rest
        fi
    done
}

# A log that is quiet is looked at less often.
br_rest() {
    # In tenths of a second.
    case $br_idle in 0) br_wait=1 ;; 1 | 2) br_wait=2 ;; *) br_wait=5 ;; esac
    br_idle=$((br_idle + 1)) br_beat=$((br_beat + br_wait))
    if [ "$br_beat" -ge 20 ]; then
        br_beat=0
        printf '\036%s beat\n' "$br_fnonce" || exit 0
    fi
    br_nap "0.$br_wait"
}

# Sends what the log gets within five seconds, as it comes, or until the runner ends. GNU's `tail` waits without looking;
# one that cannot watch a process says so at once, and the log is looked at instead. How much was sent is `dd`'s word.
br_wait_for_log() {
    printf '\036%s raw\n' "$br_fnonce" || return
    br_said=$({
        {
            timeout 5 tail -s 0.2 --pid="$br_s_pid" -c "+$((br_off + 1))" -f "$br_job/log" 2>/dev/null
            echo "code $?" >&9
        } | LC_ALL=C dd bs=65536 2>&9 >&8
    } 9>&1)
    br_sent=${br_said%% byte*}
    br_sent=${br_sent##*[!0-9]}
    [ -n "$br_sent" ] || return
    printf '\036%s sent %s\n' "$br_fnonce" "$br_sent" || return
    br_off=$((br_off + br_sent))
    br_code=${br_said##*code }
    case ${br_code%%[!0-9]*} in 0 | 124) ;; *) br_waits='' ;; esac
}

br_hold() {
    if [ ! -d "$br_job" ]; then
        echo none
    elif : >"$br_job/hold"; then
        echo held
    else
        echo "no cannot write $br_job/hold"
    fi
}

br_abort() { # GRACE in tenths of a second
    umask 077
    # A start that is still on its way finds the folder and does nothing.
    if [ ! -d "$br_job" ] && mkdir -p "$br_parent" && mkdir "$br_job" 2>/dev/null; then
        : >"$br_job/log"
        br_leave_rc "$br_job" aborted
        echo stopped
        return
    fi
    if [ -e "$br_job/rc" ]; then
        echo ended
        return
    fi
    { : >"$br_job/abort"; } 2>/dev/null || mkdir "$br_job/abort" 2>/dev/null
    br_wait_started
    br_started "$br_job" || {
        br_leave_rc "$br_job" aborted
        echo stopped
        return
    }
    br_procs
    # shellcheck disable=SC2086
    br_signal TERM $br_pids
    br_until_gone "$1"
    # shellcheck disable=SC2086
    br_signal KILL $br_pids
    br_until_gone 50
    if [ -n "$br_pids" ]; then
        # shellcheck disable=SC2086
        set -- $br_pids
        echo "left $#"
        return
    fi
    br_leave_rc "$br_job" aborted
    read -r br_line <"$br_job/rc"
    case $br_line in aborted*) echo stopped ;; *) echo ended ;; esac
}

br_wait_started() {
    br_i=0
    while [ ! -e "$br_job/started" ] && [ "$br_i" -lt 20 ]; do
        br_i=$((br_i + 1))
        br_nap 0.1
    done
}

br_until_gone() { # TENTHS -> br_pids, those that are left
    br_i=0
    br_procs
    while [ -n "$br_pids" ] && [ "$br_i" -lt "$1" ]; do
        br_i=$((br_i + 1))
        br_nap 0.1
        br_procs
    done
}

br_main() { # VERB STATE RUN INSTANCE SEQ ...
    br_verb=$1
    br_paths "$2" "$3" "$4" "$5"
    shift 5
    case $br_verb in
    start) br_start "$@" ;;
    follow) br_follow "$@" ;;
    look) br_say_look ;;
    hold) br_hold ;;
    abort) br_abort "$@" ;;
    esac
}
br_main "$@"
