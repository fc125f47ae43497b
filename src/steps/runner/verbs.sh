# What the control side calls: one verb in each exec.

br_refuse() { # what went wrong
    [ -z "${br_tmp:-}" ] || rm -rf "$br_tmp"
    br_left=$(df -P "$br_state" 2>/dev/null | awk 'NR==2 {print $4 " KB free on " $6}')
    br_say_start "no $1${br_left:+ ($br_left)}"
    exit 0
}

br_say_start() { br_say "start $1"; }

# A frame, and before it, with it, how many raw bytes there were: each piece that is sent costs every process from here to
# whoever reads it more than the words in it.
br_say() { # WORDS
    if [ -n "${br_sent:-}" ]; then
        printf '\036%s sent %s\n\036%s %s\n' "$br_fnonce" "$br_sent" "$br_fnonce" "$1" || return
        br_sent=
    else
        printf '\036%s %s\n' "$br_fnonce" "$1"
    fi
}

# Whole seconds since the host was started, nothing where it does not say.
br_seconds() { # -> br_secs
    br_secs=
    { IFS=. read -r br_secs br_x </proc/uptime; } 2>/dev/null
    case $br_secs in *[!0-9]*) br_secs= ;; esac
}

br_in_time() {
    br_seconds
    [ -z "$br_late" ] || [ "${br_secs:-0}" -le "$br_late" ]
}

# Makes the job and starts it, at most once. A start that was held up, by a disk that hung, comes too late: by then whoever
# asked has given it up.
br_start() { # AT_MOST SHA RUNNER STEP UNIT ROOT NONCE FENCE (ID LIMIT SCRIPT N (NAME CONTENT)xN)...
    br_seconds
    br_late=${br_secs:+$((br_secs + $1))}
    br_sha=$2 br_runner_text=$3 br_step_text=$4 br_unit=$5 br_root=$6 br_nonce=$7 br_fence=$8
    shift 8
    umask 077
    if [ -d "$br_job" ]; then
        br_say_start there
        return
    fi
    mkdir -p "$br_parent" "$br_inst" 2>/dev/null || br_refuse "cannot make $br_parent"
    br_file=$br_state/runner-$br_sha.sh
    br_leave "$br_state/step-$br_sha.sh" "$br_step_text"
    br_leave "$br_file" "$br_runner_text"
    br_tmp=$br_parent/.$br_seq.$br_nonce.$$
    br_steps "$@" 2>/dev/null || br_refuse "cannot write the job's files in $br_parent"
    br_in_time || br_refuse "its files took too long to write into $br_parent"
    if ! mkdir "$br_job" 2>/dev/null; then
        rm -rf "$br_tmp"
        [ -d "$br_job" ] || br_refuse "cannot make $br_job"
        br_say_start there
        return
    fi
    # Nothing has been started, so a folder that cannot be filled may go again.
    mv "$br_tmp"/* "$br_job"/ 2>/dev/null || {
        rm -rf "$br_job"
        br_refuse "cannot fill $br_job"
    }
    rmdir "$br_tmp"
    br_in_time || {
        rm -rf "$br_job"
        br_refuse "its files took too long to write into $br_parent"
    }
    br_launch
    br_say_start started
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

# Sends the log from an offset on, in frames: "data N" and N bytes, "raw" and bytes up to "sent N", which comes with the frame
# after it, "beat", at last "end TOTAL WORDS". As long as the runner lives and the tools can do it, one process looks for more
# of the log: fifty followers that begin programs for each look would take the time that the jobs need.
br_follow() { # OFFSET SECONDS, between two looks
    br_off=$1 br_every=$2 br_idle=0 br_beat=0 br_round=0 br_waits=
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
        br_bytes=$br_off
        # A runner that has not begun has said nothing.
        if [ "$br_truth" != running ] || [ -n "$br_s_pid" ]; then br_size "$br_job/log"; fi
        if [ "$br_bytes" -gt "$br_off" ]; then
            br_say "data $((br_bytes - br_off))" || return
            tail -c "+$((br_off + 1))" "$br_job/log" | head -c $((br_bytes - br_off)) || return
            br_off=$br_bytes br_idle=0 br_beat=0
            [ "$br_truth" != running ] || br_nap 0.2
        elif [ "$br_truth" != running ]; then
            br_say "end $br_bytes $br_truth"
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
        br_say beat || exit 0
    fi
    br_nap "0.$br_wait"
}

# Sends what the log gets within eight seconds, looking for more every so often, or until the runner ends. GNU's `tail` does so where the
# log is its standard input; of a file that it opens itself it would send each word alone, at once, which costs every process
# from here to whoever reads it more than the word. One that cannot watch a process says so, and the log is looked at
# by other means. How much was sent is `dd`'s word.
br_wait_for_log() {
    br_say raw || return
    br_said=$({
        {
            timeout 8 tail -s "$br_every" --pid="$br_s_pid" -c "+$((br_off + 1))" -f 2>/dev/null <"$br_job/log"
            echo "code $?" >&9
        } | LC_ALL=C dd bs=65536 2>&9 >&8
    } 9>&1)
    br_sent=${br_said%% byte*}
    br_sent=${br_sent##*[!0-9]}
    [ -n "$br_sent" ] || return
    br_off=$((br_off + br_sent))
    br_code=${br_said##*code }
    case ${br_code%%[!0-9]*} in
    124) ;;
    # One that ends while the runner lives does not wait.
    0) if kill -0 "$br_s_pid" 2>/dev/null; then br_waits=''; fi ;;
    *) br_waits='' ;;
    esac
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
    start)
        # What is said of a job's log is marked by this word.
        br_fnonce=$1 br_pace=$2
        shift 2
        br_start "$@"
        br_follow 0 "$br_pace"
        ;;
    follow)
        br_fnonce=$1
        br_follow "$3" "$2"
        ;;
    look) br_say_look ;;
    hold) br_hold ;;
    abort) br_abort "$@" ;;
    esac
}
