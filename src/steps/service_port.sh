LC_ALL=C; export LC_ALL
as=
if [ "$become" = 1 ] && [ "$(id -u)" != 0 ] && ! [ -w /var/run/docker.sock ]; then
    if sudo -n true </dev/null 2>/dev/null; then as='sudo -n --preserve-env=COMPOSE_FILE,COMPOSE_PROFILES'; fi
fi
cd -- "$dir" 2>/dev/null || { echo "there is no checkout at $dir"; exit 1; }
found=$($as docker compose ps -q "$service" 2>&1 </dev/null) || { printf '%s\n' "$found" | tail -n 1; exit 1; }
found=$(printf '%s\n' "$found" | head -n 1)
[ -n "$found" ] || { echo "no container of it runs"; exit 1; }
$as docker inspect --format '{{json .NetworkSettings}}' "$found" 2>&1 </dev/null
