command -v docker >/dev/null || bunker_fail "there is no docker on the host" "install Docker Engine and the Compose plugin"
compose=$(docker compose version --short </dev/null 2>/dev/null) || bunker_fail "there is no docker compose on the host" "install the Compose plugin (v2 or newer)"
echo "compose $compose"
free=$(df -P -k "$dir" | awk 'NR > 1 { print $4; exit }')
case $free in '' | *[!0-9]*) bunker_fail "df does not tell the free space of $dir" "run df -P $dir on the host" ;; esac
[ "$free" -ge 10240 ] || bunker_fail "$dir has $free KiB free, too little to write safely" "free some space (docker system df shows what Docker keeps)"
[ -w "$dir" ] || bunker_fail "$(id -un) may not write into $dir" "look at the owner of the checkout"
