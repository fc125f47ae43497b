# $dir, $owner, $repo, $ref, $sha are set. What this step began and did not end, it ends.
so_far="nothing was changed"
if [ "$(id -u)" = 0 ]; then facts=/etc/ansible/facts.d; else facts=$BUNKER_STATE/facts.d; fi
if [ -n "$owner" ]; then
    id -u "$owner" >/dev/null 2>&1 || bunker_fail "there is no user $owner on the host, to whom the checkout would belong" "create it, or run the common steps (--tags common), which do"
else
    owner=$(id -un)
fi
if [ ! -e "$facts/changemaker.fact" ] && [ ! -e "$state/deploying" ]; then
    if [ -e "$dir/.git" ]; then
        bunker_fail "$dir holds an instance that this program did not install" "take it over with bunker import; nothing was changed"
    fi
    first=$(ls -A -- "$dir" 2>/dev/null | grep -vx 'lost+found' | head -n 1) || first=
    [ -z "$first" ] || bunker_fail "$dir holds files ($first ...) and no checkout" "move them away, or set cml_dir; nothing was changed"
    printf 'run %s since %s\n' "$BUNKER_RUN" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$state/deploying.new"
    mv -f -- "$state/deploying.new" "$state/deploying"
    bunker_changed
fi
if [ ! -d "$dir" ]; then
    mkdir -p -- "$dir" || bunker_fail "$dir could not be made" "look at the free space and at the rights of its parent"
    bunker_changed
fi
if [ "$(id -u)" = 0 ] && [ ! -e "$dir/.git" ] && [ "$(stat -c %U -- "$dir")" != "$owner" ]; then
    chown -- "$owner:$(id -gn "$owner")" "$dir"
    bunker_changed
fi
cd -- "$dir"
