head=$(tree_git rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null) || head=
[ -z "$head" ] || bunker_tell previous-commit "$head"
if [ "$head" = "$sha" ] && [ ! -e "$state/cloning" ]; then
    echo "the checkout is at $sha_short already"
    exit 0
fi
force=
if [ -e "$state/cloning" ]; then
    # Files of a checkout that was ended midway are in the way; nobody else has put any here.
    force=--force
else
    changed=$(tree_git status --porcelain --untracked-files=no --ignore-submodules=none)
    if [ -n "$changed" ]; then
        printf '%s\n' "$changed"
        bunker_fail "the checkout has local changes" "commit them upstream or undo them on the host (git -C $dir diff)"
    fi
fi
# shellcheck disable=SC2086
tree_git checkout --quiet $force --detach --no-recurse-submodules "$sha" -- ||
    bunker_fail "git could not check out $sha_short" "see the output above"
[ "$(tree_git rev-parse --verify HEAD)" = "$sha" ] || bunker_fail "the checkout did not reach $sha" "look at the output above"
rm -f -- "$state/cloning"
bunker_changed
echo "checked out $(tree_git log -1 --format='%h %s')"
