# Containers of the docker stand-in: one file of assignments each, containers/SERVICE.

# Reads a container into c_* and works out its health, h, from how long it has been running.
load() {
    c_project=changemaker-lite c_number=1
    . "$1"
    h=
    age=$((now - c_started))
    [ "$c_state" = running ] && [ "$c_check" = 1 ] || return 0
    case $c_behaviour in
    slow) [ "$age" -ge "$slow_s" ] && h=healthy || h=starting ;;
    unhealthy) [ "$age" -ge 3 ] && h=unhealthy || h=starting ;;
    *) [ "$age" -ge 1 ] && h=healthy || h=starting ;;
    esac
}

save() {
    put "$root/containers/$c_service" <<STATE
c_project=$c_project
c_service=$c_service
c_id=$c_id
c_image=$c_image
c_image_id=$c_image_id
c_hash=$c_hash
c_created=$c_created
c_started=$c_started
c_finished=$c_finished
c_exit=$c_exit
c_state=$c_state
c_restarts=$c_restarts
c_policy=$c_policy
c_check=$c_check
c_commit=$c_commit
c_version=$c_version
c_behaviour=$c_behaviour
STATE
}

# Seconds as Docker says them, in passed.
ago() {
    if [ "$1" -lt 60 ]; then passed="$1 seconds"
    elif [ "$1" -lt 3600 ]; then passed="$(($1 / 60)) minutes"
    elif [ "$1" -lt 172800 ]; then passed="$(($1 / 3600)) hours"
    else passed="$(($1 / 86400)) days"; fi
}

status() {
    case $c_state in
    running) ago "$age"; c_status="Up $passed${h:+ ($h)}" ;;
    exited) ago $((now - c_finished)); c_status="Exited ($c_exit) $passed ago" ;;
    *) c_status=Created ;;
    esac
    [ "$h" = starting ] && c_status="${c_status%(*}(health: starting)"
    ago $((now - c_created))
    c_name=$c_project-$c_service-1
    c_labels="com.docker.compose.project=$c_project,com.docker.compose.service=$c_service,com.docker.compose.config-hash=$c_hash,com.docker.compose.container-number=1,com.docker.compose.oneoff=False"
    c_short=${c_id%"${c_id#????????????}"}
}

# The container file of an id, the start of one, or a name.
find_container() {
    for f in "$root"/containers/*; do
        [ -e "$f" ] || continue
        load "$f"
        case $c_id in "$1"*) return 0 ;; esac
        [ "$c_project-$c_service-1" = "${1#/}" ] && return 0
    done
    return 1
}

ps_json() {
    status
    stamp "$c_created"
    publishers='[]' ports=
    [ "$c_service" = api ] && [ "$c_state" = running ] && ports='127.0.0.1:4000->4000/tcp' &&
        publishers='[{"URL":"127.0.0.1","TargetPort":4000,"PublishedPort":4000,"Protocol":"tcp"}]'
    printf '{"Command":"\\"docker-entrypoint.s…\\"","CreatedAt":"%s","ExitCode":%s,"Health":"%s","ID":"%s","Image":"%s","Labels":"%s","LocalVolumes":"0","Mounts":"","Name":"%s","Names":"%s","Networks":"%s_default","Ports":"%s","Project":"%s","Publishers":%s,"RunningFor":"%s ago","Service":"%s","Size":"0B","State":"%s","Status":"%s"}\n' \
        "${ts%T*} ${ts#*T} +0000 UTC" "$c_exit" "$h" "$c_short" "$c_image" "$c_labels" \
        "$c_name" "$c_name" "$c_project" "$ports" "$c_project" "$publishers" "$passed" \
        "$c_service" "$c_state" "$c_status"
}

# docker ps
containers_list() {
    all=0 quiet=0 format= full=0 wanted=
    while [ $# -gt 0 ]; do
        case $1 in
        -a | --all) all=1 ;;
        -q | --quiet) quiet=1 ;;
        -aq | -qa) all=1 quiet=1 ;;
        --no-trunc) full=1 ;;
        --format) format=$2; shift ;;
        --format=*) format=${1#*=} ;;
        --filter | -f) wanted="$wanted $2"; shift ;;
        --filter=*) wanted="$wanted ${1#--filter=}" ;;
        *) unknown ;;
        esac
        shift
    done
    for f in "$root"/containers/*; do
        [ -e "$f" ] || continue
        load "$f"
        [ $all = 1 ] || [ "$c_state" = running ] || continue
        status
        for w in $wanted; do
            case $w in
            label=*=*) case ",$c_labels," in *",${w#label=},"*) ;; *) continue 2 ;; esac ;;
            label=*) case ",$c_labels" in *",${w#label=}="*) ;; *) continue 2 ;; esac ;;
            name=*) case $c_name in *"${w#name=}"*) ;; *) continue 2 ;; esac ;;
            status=*) [ "$c_state" = "${w#status=}" ] || continue 2 ;;
            ancestor=*) [ "$c_image" = "${w#ancestor=}" ] || continue 2 ;;
            *) unknown ;;
            esac
        done
        if [ $quiet = 1 ]; then
            [ $full = 1 ] && echo "$c_id" || echo "$c_short"
        else
            case $format in
            json | '{{json .}}') ps_json ;;
            '') printf '%s   %s   "docker-entrypoint.s…"   %s ago   %s   %s\n' "$c_short" "$c_image" "$passed" "$c_status" "$c_name" ;;
            *) fill "$format" ;;
            esac
        fi
    done
    filled
}

# What a container has printed, with the time of each line when stamps=1.
log_lines() {
    stamp "$c_started"
    s=${ts}Z
    [ "$stamps" = 1 ] && t="$ts.000000000Z " || t=
    case $c_service in
    api)
        echo "$t$s info: changemaker-api $c_version ($c_commit) starting"
        case $c_behaviour in
        slow) echo "$t$s info: warming the geocoding cache" ;;
        unhealthy)
            echo "$t$s error: mail: connect ECONNREFUSED 127.0.0.1:1025"
            echo "$t$s error: health: the mail queue does not answer; reporting 503" ;;
        crashed)
            echo "$t$s error: Error: Cannot find module './queue'"
            echo "$t$s error: exiting with code 1" ;;
        *) echo "$t$s info: listening on :4000" ;;
        esac ;;
    db) echo "$t$s LOG:  database system is ready to accept connections" ;;
    redis) echo "$t$s * Ready to accept connections tcp" ;;
    init) echo "$t$s init: the folders are there" ;;
    *) echo "$t$s $c_service ready" ;;
    esac
}

# docker logs
container_logs() {
    tail=all stamps=0 what=
    while [ $# -gt 0 ]; do
        case $1 in
        --tail | -n | --since | --until) [ "$1" = --tail ] || [ "$1" = -n ] && tail=$2; shift ;;
        --tail=*) tail=${1#*=} ;;
        --since=* | --until=* | --details) ;;
        -t | --timestamps) stamps=1 ;;
        -*) unknown ;;
        *) what=$1 ;;
        esac
        shift
    done
    find_container "$what" || die 1 "Error response from daemon: No such container: $what"
    if [ "$tail" = all ]; then log_lines; else log_lines | tail -n "$tail"; fi
}
