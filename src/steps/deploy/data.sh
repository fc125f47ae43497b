compose_config
services=$(docker compose config --services </dev/null | sort)
if [ -n "$data_services" ]; then
    for service in $data_services; do
        printf '%s\n' "$services" | grep -qxF -- "$service" || bunker_fail "the stack has no service $service" "set cml_data_services to some of: $(echo $services)"
    done
else
    data_services=$(printf '%s\n' "$services" | grep -viE 'exporter|admin|backup' | grep -iE '(^|[-_])(db|database|postgres|postgresql|pgsql|redis|valkey|mysql|mariadb|mongo|mongodb)([-_0-9]|$)') || data_services=
fi
# Whether there was data before is decided once, before the first container makes the volumes.
if [ ! -e "$state/data" ]; then
    project=$(docker compose config </dev/null | sed -n 's/^name: *//p' | head -n 1 | tr -d "\"'")
    volumes=$(docker volume ls -q --filter "label=com.docker.compose.project=$project" </dev/null) || bunker_fail "docker cannot list the volumes" "see the output above"
    if [ -n "$volumes" ]; then
        echo "found $(echo $volumes)" >"$state/data.new"
    else
        echo fresh >"$state/data.new"
    fi
    mv -f -- "$state/data.new" "$state/data"
    bunker_changed
    echo "data: $(cat "$state/data")"
fi
[ -n "$data_services" ] || bunker_skip "no service of this stack is a database by its name; cml_data_services names them"
echo "data services: $(echo $data_services)"
if as_wanted "$data_services"; then
    echo "they run as they should"
else
    # shellcheck disable=SC2086
    docker compose up -d $data_services </dev/null || bunker_fail "the data services could not be started" "see the output above; when it is mended, deploy again"
    bunker_changed
fi
wait_until_well "$data_services" 0 "the data services are not ready"
