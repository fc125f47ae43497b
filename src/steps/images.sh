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
# The history begins with what ran before the first upgrade; no gate of ours ever saw that one healthy.
[ -e "$state/releases" ] || printf '%s ran %s - -\n' "$from" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$state/releases"
# As many are kept as asked for, and always those of the last releases, to which a rollback goes. A name is taken away,
# never an image that a container uses.
last=$(tail -n 50 "$state/releases" | awk '{ a[NR] = $1 } END { for (i = NR; i > 0 && n < 3; i--) if (!seen[a[i]]++) { n++; print substr(a[i], 1, 7) } }')
# shellcheck disable=SC2012
ls -1t -- "$state/held" | tail -n "+$((keep + 1))" | while read -r old; do
    printf '%s\n' "$last" | grep -qxF -- "$old" && continue
    while read -r image id held; do
        docker rmi "$held" >/dev/null 2>&1 && echo "no longer held: $held" || :
    done <"$state/held/$old"
    rm -f -- "$state/held/$old"
done
