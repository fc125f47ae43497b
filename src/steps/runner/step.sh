# A step: STATE RUN INSTANCE SEQ NUM ID. What it may call, and then its script.

# By the pipe's name: a descriptor would be inherited by whatever the step starts. One write of at most 4096
# bytes, so that it stays in one piece.
br_tell() { printf '\036%s %s\n' "$br_nonce" "$*" >"$br_job/pipe"; }

# This step changed something.
bunker_changed() { : >"$br_base.changed"; }

# The path of a file that this step got.
bunker_input() { # NAME
    printf %s "$br_base.in-$1"
}

# Takes a place for a file with secrets that this step makes for a while. What a kill leaves of it goes with the next
# job of the instance.
bunker_aside() { # PATH
    printf '%s\n' "$1" >>"$br_inst/aside" || bunker_fail "it could not be noted where a file with secrets is going to be" "look at the free space; nothing was changed"
    rm -f -- "$1"
}

# Tells the control side a value, at most 2000 bytes of it.
bunker_tell() { # KEY VALUE
    case $1 in '' | *[!A-Za-z0-9_.-]*) return 64 ;; esac
    br_wrap "${2:-}"
    br_tell tell "$br_id" "$1" "$br_word"
}

# Ends the step: there was nothing to do.
bunker_skip() { # REASON
    br_wrap "${1:-}"
    br_tell skip "$br_id" "$br_word"
    exit 77
}

# Ends the step: it failed.
bunker_fail() { # MESSAGE [HINT]
    br_wrap "${1:-}"
    br_why=$br_word
    br_wrap "${2:-}"
    br_tell fail "$br_id" "$br_why" "$br_word"
    exit 1
}

br_paths "$1" "$2" "$3" "$4"
br_num=$5 br_id=$6
br_base=$br_job/steps/$5-$6
read -r br_nonce <"$br_job/nonce"
set --
umask 022
set -eu
. "$br_base.sh"
