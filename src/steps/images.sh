containers=$(docker compose ps -a -q </dev/null) || bunker_fail "docker compose cannot list the containers" "see the output above"
[ -n "$containers" ] || bunker_skip "there is no container, so no image to hold"
mkdir -p -- "$state/held"
: >"$state/held.new"
for container in $containers; do
    # shellcheck disable=SC2046
    set -- $(docker inspect --format '{{.Image}} {{.Config.Image}}' "$container")
    id=$1 image=${2:-}
    case $image in
    '' | sha256:*) image=bunker-held/$(printf '%.12s' "${id#sha256:}") ;;
    esac
    grep -qF -- "$image $id " "$state/held.new" && continue
    name=${image%@*}
    case ${name##*/} in *:*) name=${name%:*} ;; esac
    held=$name:bunker-held-$from_short
    docker tag "$id" "$held" || bunker_fail "the image of $image could not be held as $held" "see the output above; nothing was changed but the backup made"
    printf '%s %s %s\n' "$image" "$id" "$held" >>"$state/held.new"
    echo "held $image as $held"
done
mv -f -- "$state/held.new" "$state/held/$from_short"
touch -- "$state/held/$from_short"
bunker_changed
bunker_tell held-images "$(wc -l <"$state/held/$from_short" | tr -d ' ')"
# Two generations are kept. A name is taken away, never an image that a container uses.
# shellcheck disable=SC2012
ls -1t -- "$state/held" | tail -n +3 | while read -r old; do
    while read -r image id held; do
        docker rmi "$held" >/dev/null 2>&1 && echo "no longer held: $held" || :
    done <"$state/held/$old"
    rm -f -- "$state/held/$old"
done
