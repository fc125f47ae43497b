# What time it is, for the marks of the detached runner.

# Seconds and hundredths since the host was started: br_up_s br_up_c.
br_uptime() {
    br_up=
    { read -r br_up br_x </proc/uptime; } 2>/dev/null
    case $br_up in [0-9]*.[0-9][0-9]) ;; *) return 1 ;; esac
    br_up_s=${br_up%.*} br_up_c=$((1${br_up#*.} - 100))
}

# Seconds since 1970, with a fraction where `date` knows one: by the clock at first, and then by what has gone by since
# then. That costs no process, and a clock that is set meanwhile makes no step longer or shorter.
br_now() { # -> br_time
    if [ -n "${br_zero_s:-}" ] && br_uptime; then
        br_now_s=$((br_zero_s + br_up_s)) br_now_c=$((br_zero_c + br_up_c))
        if [ "$br_now_c" -lt 0 ]; then br_now_s=$((br_now_s - 1)) br_now_c=$((br_now_c + 100)); fi
        if [ "$br_now_c" -ge 100 ]; then br_now_s=$((br_now_s + 1)) br_now_c=$((br_now_c - 100)); fi
        case $br_now_c in ?) br_now_c=0$br_now_c ;; esac
        br_time=$br_now_s.$br_now_c
        return
    fi
    br_time=$(date +%s.%N)
    case $br_time in
    *.*[!0-9]* | *.) br_time=${br_time%%.*} ;;
    *.[0-9][0-9]*)
        if br_uptime; then
            br_x=${br_time#*.}
            br_x=${br_x%"${br_x#??}"}
            br_time=${br_time%%.*}.$br_x
            br_zero_s=$((${br_time%.*} - br_up_s)) br_zero_c=$((1$br_x - 100 - br_up_c))
        fi
        ;;
    esac
}
