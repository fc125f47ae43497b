compose_config() {
    docker compose config -q </dev/null || bunker_fail "the compose file or .env is not valid" "see the output above; fix the release, or the variable it names, then deploy again"
}
# One line a container: service, hash of its configuration, id and name of its image, state, exit code, restart policy,
# health, restarts.
containers() {
    ids=$(docker compose ps -a -q </dev/null) || return 1
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086
    docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.config-hash"}} {{.Image}} {{.Config.Image}} {{.State.Status}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}}' $ids
}
# Whether the containers of these services are those that the compose file, .env and the images ask for.
as_wanted() { # SERVICES
    docker compose config --hash '*' </dev/null >"$BUNKER_JOB/hashes" || return 1
    containers >"$BUNKER_JOB/containers" || return 1
    for service in $1; do
        want=$(awk -v s="$service" '$1 == s { print $2; exit }' "$BUNKER_JOB/hashes")
        awk -v s="$service" '$1 == s' "$BUNKER_JOB/containers" >"$BUNKER_JOB/of-service"
        [ -n "$want" ] && [ -s "$BUNKER_JOB/of-service" ] || return 1
        while read -r _ hash image name state code policy _ _; do
            [ "$hash" = "$want" ] || return 1
            [ "$(docker image inspect --format '{{.Id}}' "$name" </dev/null 2>/dev/null)" = "$image" ] || return 1
            case $policy:$state:$code in
            no:exited:0 | *:running:*) ;;
            *) return 1 ;;
            esac
        done <"$BUNKER_JOB/of-service"
    done
}
# What of these services is not well, one a line: `!` before what waiting cannot mend.
not_well() { # SERVICES
    containers >"$BUNKER_JOB/containers" || { echo "the containers cannot be listed"; return 0; }
    for service in $1; do
        awk -v s="$service" '
            $1 == s {
                seen = 1
                if ($5 == "exited" && $7 == "no") { if ($6 != 0) print "!" s " ended with exit code " $6 }
                else if ($5 != "running") print s " is " $5 " (" $6 ")"
                else if ($8 != "-" && $8 != "healthy") print s " is " $8
            }
            END { if (!seen) print s " has no container" }' "$BUNKER_JOB/containers"
    done
}
# Waits until these services are well, and were for `$2` seconds without a break.
wait_until_well() { # SERVICES SECONDS MESSAGE
    give_up=$(($(date +%s) + deadline_s))
    since= restarts=
    while :; do
        ill=$(not_well "$1")
        now=$(date +%s)
        before=$restarts
        restarts=$(awk '{ print $1, $9 }' "$BUNKER_JOB/containers")
        # A crash loop without a health check is seen running now and then.
        [ "$restarts" = "$before" ] || since=
        if [ -z "$ill" ]; then
            [ -n "$since" ] || since=$now
            [ $((now - since)) -lt "$2" ] || return 0
        else
            since=
            case $ill in
            *'!'*) give_up=0 ;;
            esac
            if [ "$now" -ge "$give_up" ]; then
                ill=$(printf '%s' "$ill" | tr -d '!' | head -n 3 | tr '\n' ';')
                for service in $1; do
                    case $ill in *"$service "*) docker compose logs --no-color --tail 20 "$service" </dev/null 2>&1 || : ;; esac
                done
                bunker_fail "$3: $ill" "see the output above; when it is mended, deploy again: it goes on from here"
            fi
        fi
        sleep 1
    done
}
