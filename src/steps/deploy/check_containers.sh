services=$expected
[ -n "$services" ] || services=$(docker compose config --services </dev/null)
wait_until_well "$services" "$healthy_s" "not all containers run"
docker compose ps -a </dev/null || :
bunker_tell containers "$(echo $services)"
