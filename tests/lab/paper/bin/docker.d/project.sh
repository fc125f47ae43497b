# The compose project of the docker stand-in: what docker-compose.yml and .env say, as far as it must be known.

# Sets dir, project and files from the working folder and the options that stand before the verb.
project_open() {
    dir=${project_dir:-$PWD}
    project=${project_name:-${dir##*/}}
    if [ -z "$files" ]; then
        for f in compose.yaml compose.yml docker-compose.yml docker-compose.yaml; do
            [ -e "$dir/$f" ] && files=$dir/$f && break
        done
        [ -n "$files" ] || die 14 'no configuration file provided: not found'
        [ -e "$dir/docker-compose.override.yml" ] && files="$files $dir/docker-compose.override.yml"
    fi
    for f in $files; do
        [ -e "$f" ] || die 14 "open $(readlink -m "$f"): no such file or directory"
    done
    env=$dir/.env
    [ -e "$env" ] || env=/dev/null
    # The services, and a line that starts with `!` for a variable that must be set and is not: that ends every
    # command, as it does with Compose.
    services=$(awk -v env="$env" '
        BEGIN {
            while ((getline line <env) > 0) if ((i = index(line, "=")) > 1) set[substr(line, 1, i - 1)] = substr(line, i + 1)
        }
        /^ *#/ { next }
        /^[^ ]/ { inside = ($0 ~ /^services:/) }
        inside && /^  [A-Za-z0-9_-]+:/ { s = $1; sub(/:.*/, "", s); if (!(s in seen)) { seen[s] = 1; print s } }
        {
            rest = $0
            while ((i = index(rest, "${")) > 0) {
                rest = substr(rest, i + 2); e = index(rest, "}"); need = substr(rest, 1, e - 1); q = index(need, ":?")
                if (q > 0 && set[substr(need, 1, q - 1)] == "") {
                    name = substr(need, 1, q - 1)
                    print "!error while interpolating services." s ".environment." name ": required variable " name " is missing a value: " substr(need, q + 2)
                    exit
                }
            }
        }' $files)
    case $services in *'!'*) die 15 "${services#*!}" ;; esac
}

# The lines of one service.
block() {
    cat $files | awk -v want="$1" '
        /^[^ #]/ { inside = ($0 ~ /^services:/); mine = 0 }
        inside && /^  [A-Za-z0-9_-]+:/ { s = $1; sub(/:.*/, "", s); mine = (s == want) }
        inside && mine && !/^ *#/ && NF { print }'
}

# Reads what matters of service $1: s_policy, s_check, s_hash.
service() {
    text=$(block "$1")
    s_policy=no s_check=0
    case $text in *'restart: unless-stopped'*) s_policy=unless-stopped ;; *'restart: always'*) s_policy=always ;; esac
    case $text in *healthcheck:*) s_check=1 ;; esac
    s_hash=$({
        printf '%s\n' "$text"
        case $text in *env_file*) cat "$dir/.env" 2>/dev/null ;; esac
        for name in $(printf '%s' "$text" | grep -o '\${[A-Za-z_][A-Za-z0-9_]*' | sed 's/^..//'); do
            sed -n "s/^$name=/$name=/p" "$dir/.env" 2>/dev/null
        done
    } | sha256sum)
    s_hash=${s_hash%% *}
}

# The services that are meant: those named, else all of them.
chosen() {
    for s in $1; do
        case " $(echo $services) " in *" $s "*) ;; *) die 1 "no such service: $s" ;; esac
    done
    if [ -n "$1" ]; then echo $1; else echo $services; fi
}

# What the checkout is: w_commit, w_version, w_behaviour.
worktree() {
    w_commit=$(git -C "$dir" rev-parse HEAD 2>/dev/null) || w_commit=0000000000000000000000000000000000000000
    w_version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$dir/package.json" 2>/dev/null | head -n 1)
    read -r w_behaviour 2>/dev/null <"$dir/release/behaviour" || w_behaviour=good
}

# The id that building service $1 gives: the API carries the commit, the others only their own files.
build_id() {
    case $1 in
    api) what=$w_commit ;;
    *) what=$(git -C "$dir" rev-parse "HEAD:$1" 2>/dev/null || echo none) ;;
    esac
    id=$(printf '%s %s' "$1" "$what" | sha256sum)
    printf '%s' "${id%% *}"
}
