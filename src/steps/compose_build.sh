before=$(docker compose ps -a -q </dev/null 2>/dev/null | sort) || before=
failed() {
    restore
    after=$(docker compose ps -a -q </dev/null 2>/dev/null | sort) || after=
    [ "$before" = "$after" ] || restored="the containers are not those of before: look with docker compose ps -a"
    bunker_fail "$1; $restored" "$2"
}
docker compose config -q </dev/null || failed "the compose file of ${sha_short} is not valid" "see the output above; fix the release or .env, then plan again"
# Images that ran at this very commit are held: going back needs neither a build nor a network.
held_here() {
    [ -s "$state/held/$sha_short" ] || return 1
    while read -r image id held; do
        docker image inspect "$id" >/dev/null 2>&1 || return 1
    done <"$state/held/$sha_short"
    while read -r image id held; do
        case $image in *@*) continue ;; esac
        docker tag "$id" "$image" || return 1
        echo "$image is the image that is held as $held"
    done <"$state/held/$sha_short"
}
if held_here; then
    bunker_changed
    bunker_tell images held
    exit 0
fi
n=1
while :; do
    { rc=0; docker compose build </dev/null || rc=$?; echo "$rc" >"$BUNKER_JOB/build.rc"; } 2>&1 | tee "$BUNKER_JOB/build.log"
    rc=$(cat "$BUNKER_JOB/build.rc")
    [ "$rc" != 0 ] || break
    if grep -qiE 'toomanyrequests|429 too many requests' "$BUNKER_JOB/build.log"; then
        failed "the image registry refuses further pulls for now" "wait at least half an hour, or log in to the registry on the host"
    fi
    if [ "$n" -ge 3 ] || ! grep -qiE 'no such host|i/o timeout|tls handshake timeout|unexpected eof|connection reset by peer' "$BUNKER_JOB/build.log"; then
        failed "the build of ${sha_short} failed with exit code $rc" "see the output above; fix the release and plan again"
    fi
    n=$((n + 1))
    echo "this may pass; attempt $n of 3"
    sleep $((n * 2))
done
bunker_changed
