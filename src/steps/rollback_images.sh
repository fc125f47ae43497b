while read -r image id held; do
    case $image in *@*) continue ;; esac
    docker tag "$id" "$image" </dev/null || { restore; bunker_fail "the image $held could not be named $image; $restored" "see the output above"; }
    echo "$image is the image that is held as $held"
done <"$state/held/$sha_short"
touch -- "$state/held/$sha_short"
docker compose config -q </dev/null || { restore; bunker_fail "the compose file of $sha_short is not valid; $restored" "see the output above; fix .env, then plan again"; }
bunker_changed
bunker_tell images held
