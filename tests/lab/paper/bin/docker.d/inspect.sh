# docker inspect of the docker stand-in, and the few Go templates that are asked of it.

# The times of a container as inspect says them: created, started, finished.
moments() {
    stamp "$c_created"; created=$ts.000000000Z
    stamp "$c_started"; started=$ts.000000000Z
    finished=0001-01-01T00:00:00Z
    [ "$c_finished" -gt 0 ] && stamp "$c_finished" && finished=$ts.000000000Z
}

inspect_json() {
    status
    running=false; [ "$c_state" = running ] && running=true
    moments
    health=
    [ -n "$h" ] && health=",\"Health\":$(health_json)"
    printf '{"Id":"%s","Created":"%s","Name":"/%s","RestartCount":%s,"Image":"%s","State":{"Status":"%s","Running":%s,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":0,"ExitCode":%s,"Error":"","StartedAt":"%s","FinishedAt":"%s"%s},"HostConfig":{"RestartPolicy":{"Name":"%s","MaximumRetryCount":0}},"Config":{"Image":"%s","Labels":{"com.docker.compose.project":"%s","com.docker.compose.service":"%s","com.docker.compose.config-hash":"%s","com.docker.compose.container-number":"1","com.docker.compose.oneoff":"False"}}}' \
        "$c_id" "$created" "$c_name" "$c_restarts" "$c_image_id" "$c_state" "$running" "$c_exit" \
        "$started" "$finished" "$health" "$c_policy" "$c_image" "$c_project" "$c_service" "$c_hash"
}

# The API is published on the host, the database only opens its port to other containers, the rest opens none.
network_json() {
    ports=
    case $c_service in
    api) ports='"4000/tcp":[{"HostIp":"127.0.0.1","HostPort":"4000"}]' ;;
    db) ports='"5432/tcp":null' ;;
    esac
    printf '{"Bridge":"","Ports":{%s},"Networks":{"%s_default":{"IPAddress":"127.255.255.254"}}}' "$ports" "$c_project"
}

health_json() {
    stamp "$now"
    streak=0 code=0 output=
    [ "$h" = unhealthy ] && streak=3 code=1 output='wget: server returned error: HTTP/1.1 503 Service Unavailable'
    [ "$h" = starting ] && streak=1 code=1 output="wget: can't connect to remote host (127.0.0.1): Connection refused"
    printf '{"Status":"%s","FailingStreak":%s,"Log":[{"Start":"%s","End":"%s","ExitCode":%s,"Output":"%s"}]}' \
        "$h" "$streak" "${ts}Z" "${ts}Z" "$code" "$output"
}

# Keeps what is known of the container in c_*, for `filled` to put into the Go template $1.
fill() {
    status
    moments
    template=$1 health=null whole= network=
    case $1 in *'json .NetworkSettings}'*) network=$(network_json) ;; esac
    case $1 in *'json .State.Health}'*) [ -n "$h" ] && health=$(health_json) ;; *'{{json .}}'*) whole=$(inspect_json) ;; esac
    running=false; [ "$c_state" = running ] && running=true
    kept="${kept-}whole=$whole
network=$network
health_word=$h
health=$health
id=$c_id
short=$c_short
name=$c_name
restarts=$c_restarts
image=$c_image
image_id=$c_image_id
state=$c_state
exit_code=$c_exit
started=$started
created=$created
finished=$finished
policy=$c_policy
service=$c_service
project=$c_project
hash=$c_hash
status=$c_status
running=$running
.
"
}

# Prints the template once for each container that was kept, by one process for all of them; fields that it does not
# know stay as they are and are reported as unknown.
filled() {
    [ -n "${kept-}" ] || return 0
    text=$(printf %s "$kept" | template="$template" awk '
        function swap(what, by,   i, out, rest) {
            rest = t; out = ""
            while ((i = index(rest, what)) > 0) { out = out substr(rest, 1, i - 1) by; rest = substr(rest, i + length(what)) }
            t = out rest
        }
        # A template that says one thing with a health check and another without.
        function choose(has,   head, rest, body, e, o, yes, no) {
            while (match(t, /\{\{(if|with) \.State\.Health\}\}/)) {
                head = substr(t, 1, RSTART - 1); rest = substr(t, RSTART + RLENGTH)
                e = index(rest, "{{end}}"); body = substr(rest, 1, e - 1); rest = substr(rest, e + 7)
                o = index(body, "{{else}}")
                yes = o ? substr(body, 1, o - 1) : body; no = o ? substr(body, o + 8) : ""
                gsub(/\{\{\.Status\}\}/, "{{.State.Health.Status}}", yes)
                t = head (has ? yes : no) rest
            }
        }
        BEGIN {
            whole = ENVIRON["template"]
            gsub(/\{\{ */, "{{", whole); gsub(/ *\}\}/, "}}", whole); gsub(/\{\{-/, "{{", whole)
            n = split("Id=id ID=short Names=name Name=/name RestartCount=restarts Image=image_id Config.Image=image State.Status=state State.Running=running State.ExitCode=exit_code State.StartedAt=started State.FinishedAt=finished State.Health.Status=health_word Created=created HostConfig.RestartPolicy.Name=policy State=state Status=status", pair, " ")
            m = split("service project config-hash", label, " ")
        }
        $0 != "." { at = index($0, "="); is[substr($0, 1, at - 1)] = substr($0, at + 1); next }
        {
            t = whole
            choose(is["health_word"] != "")
            for (i = 1; i <= n; i++) {
                split(pair[i], kv, "="); v = kv[2]; slash = ""
                if (substr(v, 1, 1) == "/") { slash = "/"; v = substr(v, 2) }
                v = slash is[v]
                swap("{{." kv[1] "}}", v)
                swap("{{json ." kv[1] "}}", (kv[1] ~ /Count|ExitCode|Running/) ? v : "\"" v "\"")
            }
            swap("{{json .State.Health}}", is["health"]); swap("{{json .NetworkSettings}}", is["network"]); swap("{{json .}}", is["whole"])
            for (i = 1; i <= m; i++) {
                v = is[label[i] == "config-hash" ? "hash" : label[i]]
                swap("{{index .Config.Labels \"com.docker.compose." label[i] "\"}}", v)
                swap("{{.Label \"com.docker.compose." label[i] "\"}}", v)
            }
            swap("{{\"\\t\"}}", "\t"); swap("\\t", "\t"); swap("{{\"\\n\"}}", "\n"); swap("\\n", "\n")
            print t
        }
        # Lines that are empty at the end would be lost.
        END { print "." }')
    kept=
    case $text in *'{{'*) printf '%s\n' "template $template" >>"$root/unknown" ;; esac
    printf %s "${text%.}"
}

# docker inspect
inspect() {
    format= ids= code=0
    while [ $# -gt 0 ]; do
        case $1 in
        -f | --format) format=$2; shift ;;
        --format=* | -f=*) format=${1#*=} ;;
        --type) shift ;;
        --type=* | -s | --size) ;;
        -*) unknown ;;
        *) ids="$ids $1" ;;
        esac
        shift
    done
    [ -n "$format" ] || printf '['
    first=1
    for id in $ids; do
        if ! find_container "$id"; then
            if [ -e "$root/images/$(image_file "$id")" ]; then filled; image_inspect -f "${format:-{{.Id\}\}}" "$id"; continue; fi
            say "Error: No such object: $id"; code=1; continue
        fi
        if [ -n "$format" ]; then fill "$format"; else
            [ $first = 1 ] || printf ','
            first=0; inspect_json
        fi
    done
    filled
    [ -n "$format" ] || printf ']\n'
    return $code
}
