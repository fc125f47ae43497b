[ -f .env ] || bunker_fail "there is no .env in $dir" "deploy without --skip-tags env, or with --tags env first"
compose_config
env_sum=$(sha256sum <.env)
here="$sha ${env_sum%% *}"
names=$(docker compose config --images </dev/null | sort -u)
all_there() {
    for name in $names; do
        docker image inspect "$name" >/dev/null 2>&1 </dev/null || return 1
    done
}
if [ "$(cat "$state/built" 2>/dev/null)" = "$here" ] && all_there; then
    echo "all images of $sha_short are there"
    exit 0
fi
run_it() { # WORDS...
    { rc=0; "$@" </dev/null || rc=$?; echo "$rc" >"$BUNKER_JOB/build.rc"; } 2>&1 | tee "$BUNKER_JOB/build.log"
    rc=$(cat "$BUNKER_JOB/build.rc")
}
patiently() { # WHAT WORDS...
    what=$1
    shift
    n=1
    while :; do
        run_it "$@"
        [ "$rc" != 0 ] || return 0
        if grep -qiE 'toomanyrequests|429 too many requests' "$BUNKER_JOB/build.log"; then
            bunker_fail "the image registry refuses further pulls for now" "wait at least half an hour, or log in to the registry on the host, then deploy again"
        fi
        if [ "$n" -ge 3 ] || ! grep -qiE 'no such host|i/o timeout|tls handshake timeout|unexpected eof|connection reset by peer' "$BUNKER_JOB/build.log"; then
            bunker_fail "$what failed with exit code $rc" "see the output above; when it is mended, deploy again: it goes on from here"
        fi
        n=$((n + 1))
        echo "this may pass; attempt $n of 3"
        sleep $((n * 2))
    done
}
patiently "the pull of images" docker compose pull --ignore-buildable --quiet
patiently "the build of $sha_short" docker compose build
printf '%s\n' "$here" >"$state/built.new"
mv -f -- "$state/built.new" "$state/built"
bunker_changed
