# Puts the tree and the image names back to what runs, so that a later `docker compose up -d` by anybody starts
# what has been running and not half of a failed upgrade. Says what came of it in $restored.
restore() {
    back=$(sed -n 's/^sha=//p' "$state/before" 2>/dev/null) || back=
    was_on=$(sed -n 's/^branch=//p' "$state/before" 2>/dev/null) || was_on=
    restored="the old containers still run, but the checkout could not be put back to $from_short"
    [ "$back" = "$from" ] || return 0
    if [ -n "$was_on" ] && [ "$(tree_git rev-parse -q --verify "refs/heads/$was_on^{commit}" || :)" = "$from" ]; then
        tree_git checkout --quiet "$was_on" -- || return 0
    else
        tree_git checkout --quiet --detach "$from" -- || return 0
    fi
    echo "the checkout is back at $(tree_git log -1 --format='%h %s')"
    restored="the old containers still run and the checkout is back at $from_short"
    [ -f "$state/held/$from_short" ] || return 0
    while read -r image id held; do
        # A name with a digest cannot point to another image.
        case $image in *@*) continue ;; esac
        docker tag "$id" "$image" && echo "$image is again the image that runs" || restored="$restored; the name $image still points to a new image (the old one is $held)"
    done <"$state/held/$from_short"
}
