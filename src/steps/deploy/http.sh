# Asks an address: $status and $body. What is sent comes from a file, and the answer is never written to the disk.
ask() { # URL [FILE]
    status=000 body=
    if command -v curl >/dev/null; then
        set -- "$1" ${2:+--data-binary "@$2"} ${2:+-H 'Content-Type: application/json'}
        url=$1
        shift
        answer=$(curl -sS --max-time 10 --max-redirs 0 -w '\n%{http_code}' "$@" "$url" </dev/null 2>"$BUNKER_JOB/http.err") || :
        status=${answer##*
}
        body=${answer%
*}
    elif command -v wget >/dev/null; then
        set -- "$1" ${2:+--post-file "$2"} ${2:+--header 'Content-Type: application/json'}
        url=$1
        shift
        if body=$(wget -q -T 10 -O - "$@" "$url" </dev/null 2>"$BUNKER_JOB/http.err"); then status=200; fi
    else
        bunker_fail "there is neither curl nor wget on the host" "install curl (apt-get install curl), or run the common steps"
    fi
    case $status in [1-5][0-9][0-9]) ;; *) status=000 ;; esac
}
said() {
    case $status in
    000) printf 'does not answer (%s)' "$(tail -n 1 "$BUNKER_JOB/http.err" | cut -c1-200)" ;;
    *) printf 'answers %s' "$status" ;;
    esac
}
# Asks until `$2` says that the answer is good.
ask_until() { # URL FUNCTION [FILE]
    give_up=$(($(date +%s) + deadline_s))
    while :; do
        ask "$1" ${3:+"$3"}
        if "$2"; then return 0; fi
        [ "$(date +%s)" -lt "$give_up" ] || return 1
        sleep 1
    done
}
