# The runner of remote jobs: POSIX sh for dash, bash and busybox. Its parts are put together in three ways, none of which
# holds more than it needs, since a host pays for the size of a shell with each program that the shell starts:
#
#   words, base, verbs     sent with each exec of the control side, which calls one verb (start, follow, look, hold, abort)
#   words, base, clock, detached
#                          the file that `start` leaves on the host, named by its hash, and that runs there by itself
#   words, lease, step     the file that `start` leaves for the steps, each of which is a shell of its own
#
# Functions and variables of its own begin with br_; steps may call those that begin with bunker_ and with lease_.
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
