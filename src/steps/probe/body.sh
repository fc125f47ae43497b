LC_ALL=C; LANG=C; GIT_OPTIONAL_LOCKS=0; GIT_TERMINAL_PROMPT=0; COMPOSE_ANSI=never; NO_COLOR=1
PATH="$PATH:/usr/local/bin:/usr/sbin:/sbin"
export LC_ALL LANG GIT_OPTIONAL_LOCKS GIT_TERMINAL_PROMPT COMPOSE_ANSI NO_COLOR PATH
if [ "$become" = 1 ] || [ "$(id -u)" = 0 ]; then
    state=/var/lib/bunker; facts=/etc/ansible/facts.d
else
    state=${HOME:-/nonexistent}/.local/state/bunker; facts=$state/facts.d
fi
limit=''
if command -v timeout >/dev/null 2>&1; then limit='timeout -k 2 8'; fi

# One part of the answer: what a command prints, then its exit code and what it complains about. Each program that is
# begun here is begun on every host twice a minute: what the shell can do itself it does.
part() {
    printf '\n%s begin %s\n' "$nonce" "$1"; shift
    said "$@"
    printf '\n%s end\n' "$nonce"
}
# The same of a command that could print any amount.
long() {
    printf '\n%s begin %s\n' "$nonce" "$1"; shift
    said "$@" | head -c 524288
    printf '\n%s end\n' "$nonce"
}
said() {
    { complaint=$("$@" 2>&1 >&3 3>&- </dev/null); rc=$?
      printf '\n%s rc %d\n%.2000s' "$nonce" "$rc" "$complaint" >&3; } 3>&1
}

# Whether a path exists: 0 yes, 1 no, 2 cannot be told by this user.
there() {
    [ -e "$1" ] && return 0
    up=${1%/*}
    while [ -n "$up" ] && ! [ -e "$up" ]; do up=${up%/*}; done
    [ -z "$up" ] || [ -x "$up" ] && return 1
    echo "$up may not be looked into by $(id -un)" >&2
    return 2
}

file() {
    there "$1"
    case $? in
    0) [ -r "$1" ] || { echo "$1 may not be read by $(id -un)" >&2; return 1; }
       echo present; head -c 16384 "$1" ;;
    1) echo absent ;;
    *) return 1 ;;
    esac
}

compose() { cd "$dir" && $limit docker compose @COMPOSE@ "$@"; }
repo() { git -c safe.directory='*' -c core.fsmonitor=false -C "$dir" "$@"; }

machine() {
    read -r line </proc/uptime && printf 'uptime %s\n' "$line"
    read -r line </proc/loadavg && printf 'load %s\n' "$line"
    grep -hE '^(MemTotal|MemAvailable):|^cpu' /proc/meminfo /proc/stat
}
boot() { read -r line </proc/sys/kernel/random/boot_id && printf '%s\n' "$line"; }

# The ids in what Compose lists as JSON: words of at least twelve hexadecimal digits after "ID":.
ids_of() { # TEXT -> ids
    ids='' rest=$1
    while case $rest in *'"ID":'*) ;; *) false ;; esac; do
        rest=${rest#*'"ID":'}
        id=${rest#*'"'}
        id=${id%%'"'*}
        case $id in
        *[!0-9a-f]* | '') ;;
        ????????????*) ids="$ids $id" ;;
        esac
    done
}
stack() {
    said=$(compose ps -a --format json) || return $?
    printf '%s\n' "$said"
    ids_of "$said"
    printf '\n%s inspect\n' "$nonce"
    [ -z "$ids" ] || $limit docker inspect --format '{{.ID}} {{.RestartCount}} {{.State.ExitCode}} {{.State.StartedAt}} {{.State.FinishedAt}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.HostConfig.RestartPolicy.Name}}' $ids || :
}

tag() { repo describe --tags --exact-match HEAD 2>/dev/null || :; }
# Commit, branch and what was changed.
tree() { repo status --porcelain=v2 --branch --no-ahead-behind --untracked-files=no; }
extra() {
    cd "$dir" || return 1
    for name in docker-compose.override.yml docker-compose.override.yaml compose.override.yml compose.override.yaml; do
        if [ -e "$name" ]; then echo "$name"; fi
    done
}

# Names of variables only. The lines of a quoted value that goes over several are no names.
keys() {
    awk -v sq="'" '
    function open_after(text, mark) {
        if (mark == "\"") gsub(/\\./, "", text)
        return index(text, mark) == 0
    }
    mark != "" { if (!open_after($0, mark)) mark = ""; next }
    /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*[ \t]*=/ {
        line = $0; sub(/^[ \t]*(export[ \t]+)?/, "", line)
        name = line; sub(/[ \t]*=.*/, "", name); print name
        sub(/^[^=]*=[ \t]*/, "", line); first = substr(line, 1, 1)
        if ((first == "\"" || first == sq) && open_after(substr(line, 2), first)) mark = first
    }' "$1"
}

settings() {
    there "$dir/.env" || { echo "there is no .env in $dir" >&2; return 1; }
    [ -r "$dir/.env" ] || { echo "$dir/.env may not be read by $(id -un)" >&2; return 1; }
    stat -c %a "$dir/.env" && sha256sum <"$dir/.env" && keys "$dir/.env"
}

site() {
    there "$dir"
    case $? in
    0)
        if [ -e "$dir/.git" ]; then
            echo checkout
            url=$(repo config --get remote.origin.url 2>/dev/null) && [ "$url" != "$repo_url" ] && echo 'origin other'
        else
            held=$(ls -A "$dir") || return 1
            first=$(printf '%s\n' "$held" | grep -vx 'lost+found' | head -n 1)
            if [ -z "$first" ]; then echo bare; else echo "files $first"; fi
        fi ;;
    1) echo bare ;;
    *) return 1 ;;
    esac
    if [ -r "$state/instances/$instance/deploying" ]; then
        printf 'deploying '; head -n 1 "$state/instances/$instance/deploying"
    fi
    return 0
}

# Whether a file is one that a backup of ours is making, or was making when it was killed. What others make, such as cron,
# has no manifest either, and counts.
being_made() { # AT NAME
    [ -e .bunker-making ] && [ ! -e "$2.manifest.json" ] || return 1
    while read -r from to _; do
        [ "$1" -ge "$from" ] && [ "$1" -le "$to" ] && return 0
    done <.bunker-making
    return 1
}
backup() {
    there "$backups"
    case $? in
    0) ;;
    1) echo absent; return 0 ;;
    *) return 1 ;;
    esac
    cd "$backups" || return 1
    echo present
    find . -maxdepth 1 -type f ! -name '.*' ! -name '*.tmp' ! -name '*.part' ! -name '*.partial' \
        ! -name '*.log' ! -name '*.manifest.json' ! -name '*.broken' ! -name '*.sha256' ! -name '*.md5' ! -name '*
*' -exec stat -c '%Y %s %n' {} + | sort -rn | while IFS=' ' read -r at size name; do
        if being_made "$at" "$name"; then continue; fi
        printf '%s %s %s\n' "$at" "$size" "$name"
        break
    done
}

everything() {
    part clock date +%s.%N
    part machine machine
    part boot boot
    part disk df -P -k "$dir"
    long stack stack
    long services compose config --services
    long tree tree
    part tag tag
    part extra extra
    long env settings
    part applied file "$state/instances/$instance/env_applied.sha256"
    part backup backup
    part release file "$facts/changemaker.fact"
    part lease file "$state/instances/$instance/lease"
    part site site
    part clock-end date +%s.%N
}
# What a gate asks for, every few seconds: much less than everything. It knows the services from its first look on.
services() { printf '%s\n' "$services"; }
containers() {
    part clock date +%s.%N
    long stack stack
    if [ -n "$services" ]; then
        part services services
    else
        long services compose config --services
    fi
    part clock-end date +%s.%N
}
# The answer is sent as one: each piece of it would wake every process from here to whoever reads it.
printf '%s\n' "$(@LOOK@)"
