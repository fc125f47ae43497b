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

