LC_ALL=C; export LC_ALL
as=
if [ "$become" = 1 ] && [ "$(id -u)" != 0 ] && ! [ -w /var/run/docker.sock ]; then
    if sudo -n true </dev/null 2>/dev/null; then as='sudo -n --preserve-env=COMPOSE_FILE,COMPOSE_PROFILES'; fi
fi
cd -- "$dir" 2>/dev/null || { echo "there is no checkout at $dir"; exit 1; }
if [ "$follow" = 0 ]; then
    exec $as docker compose logs --no-color --no-log-prefix --timestamps --tail "$tail" "$service" 2>&1 </dev/null
fi
$as docker compose logs --no-color --no-log-prefix --timestamps --tail "$tail" --follow "$service" 2>&1 </dev/null &
p=$!
# When nobody reads any more, the beat finds that out and ends what follows.
trap '$as kill "$p" 2>/dev/null' EXIT HUP PIPE TERM
while [ -d "/proc/$p" ]; do
    sleep 3
    printf '\026' || break
done
