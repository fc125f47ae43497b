command -v git >/dev/null || bunker_fail "there is no git on the host" "install it: apt-get install git"
command -v docker >/dev/null || bunker_fail "there is no docker on the host" "install Docker Engine and the Compose plugin"
compose=$(docker compose version --short </dev/null 2>/dev/null) || bunker_fail "there is no docker compose on the host" "install the Compose plugin (v2 or newer)"
echo "compose $compose"
for at in "$dir" "$(docker info --format '{{.DockerRootDir}}' </dev/null 2>/dev/null || :)"; do
    [ -n "$at" ] && [ -d "$at" ] || continue
    free=$(df -P -B1 "$at" | awk 'NR > 1 { print $4; exit }')
    mount=$(df -P -B1 "$at" | awk 'NR > 1 { print $6; exit }')
    case $free in '' | *[!0-9]*) bunker_fail "df does not tell the free space of $at" "run df -P $at on the host" ;; esac
    [ "$free" -ge "$need_b" ] ||
        bunker_fail "$mount has $((free / 1048576)) MiB free, the upgrade needs $((need_b / 1048576)) MiB" "free some space (docker system df shows what Docker keeps), or set bunker_upgrade_free_b"
    echo "$mount has $((free / 1048576)) MiB free"
done
head=$(tree_git rev-parse --verify HEAD 2>&1) || bunker_fail "$dir is no git checkout: $head" "set cml_dir to where the instance is"
[ "$head" = "$from" ] || [ "$head" = "$sha" ] ||
    bunker_fail "the checkout is at $head, the plan saw $from" "somebody changed it meanwhile: plan again"
changed=$(tree_git status --porcelain --untracked-files=no --ignore-submodules=none)
if [ -n "$changed" ]; then
    printf '%s\n' "$changed"
    bunker_fail "the checkout has local changes: $(printf '%s\n' "$changed" | head -n 10 | cut -c4- | tr '\n' ' ')" "commit them upstream or undo them on the host (git -C $dir diff)"
fi
[ ! -e docker-compose.override.yml ] || echo "docker-compose.override.yml is there and stays"
[ -f .env ] || bunker_fail "there is no .env in $dir" "make it with config.sh, or put it back"
mode=$(stat -c %a .env)
case $mode in
600 | 400) ;;
*)
    echo ".env has mode $mode; 600 keeps its secrets to its owner"
    bunker_tell env-mode "$mode" ;;
esac
missing=
for name in $required; do
    grep -qE "^[[:space:]]*(export[[:space:]]+)?$name=[[:space:]]*[^[:space:]#]" .env || missing="$missing $name"
done
[ -z "$missing" ] || bunker_fail ".env lacks what the target needs:$missing" "set it in $dir/.env on the host, then plan again; nothing was changed"
newest=$(find "$backup_dir" -maxdepth 1 -type f ! -name '.*' ! -name '*.manifest.json' ! -name '*.broken' -printf '%T@ %f\n' 2>/dev/null | sort -n | tail -n 1)
if [ -n "$newest" ]; then
    age=$(($(date +%s) - ${newest%%.*}))
    bunker_tell backup-age-s "$age"
    echo "the newest backup is ${newest#* }, $((age / 3600)) h old"
else
    echo "there is no backup yet; the next step makes one"
fi
