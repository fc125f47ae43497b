compose_config() {
    docker compose config -q </dev/null || bunker_fail "the compose file or .env is not valid" "see the output above; fix the release, or the variable it names, then deploy again"
}
# One line a container: service, id and name of its image, state, exit code, restart policy, health, restarts.
containers() {
    ids=$(docker compose ps -a -q </dev/null) || return 1
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086
    docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}} {{.Config.Image}} {{.State.Status}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}}' $ids
}
# What Compose makes of its files and .env. Its own `config --hash` leaves out what env_file names.
wanted_sum() { { docker compose config && cat .env; } </dev/null 2>/dev/null | sha256sum | cut -d' ' -f1; }
# Whether the containers of these services are those that the compose file, .env and the images ask for; says what is not.
as_wanted() { # SERVICES
    [ "$(cat "$state/made" 2>/dev/null)" = "$(wanted_sum)" ] || return 1
    containers >"$BUNKER_JOB/containers" || return 1
    for service in $1; do
        awk -v s="$service" '$1 == s' "$BUNKER_JOB/containers" >"$BUNKER_JOB/of-service"
        [ -s "$BUNKER_JOB/of-service" ] || { echo "$service has no container"; return 1; }
        while read -r _ image name state_is code policy _ _; do
            [ "$(docker image inspect --format '{{.Id}}' "$name" </dev/null 2>/dev/null)" = "$image" ] || { echo "$service was made from another image"; return 1; }
            case $policy:$state_is:$code in
            no:exited:0 | *:running:*) ;;
            *) echo "$service is $state_is ($code)"; return 1 ;;
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
                if ($4 == "exited" && $6 == "no") { if ($5 != 0) print "!" s " ended with exit code " $5 }
                else if ($4 != "running") print s " is " $4 " (" $5 ")"
                else if ($7 != "-" && $7 != "healthy") print s " is " $7
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
        restarts=$(awk '{ print $1, $8 }' "$BUNKER_JOB/containers")
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
