head=$(tree_git rev-parse --verify HEAD)
branch=$(tree_git symbolic-ref -q --short HEAD || :)
[ "$head" = "$from" ] || [ "$head" = "$sha" ] ||
    bunker_fail "the checkout is at $head, the plan saw $from" "somebody changed it meanwhile: plan again"
# Kept for a failed build or migration, which puts the tree back.
if [ "$head" != "$sha" ]; then
    printf '%s\n' "sha=$head" "branch=$branch" >"$state/before.new"
    mv -f -- "$state/before.new" "$state/before"
fi
bunker_tell previous-commit "$head"
[ -z "$branch" ] || bunker_tell previous-branch "$branch"
if [ "$head" = "$sha" ]; then
    bunker_skip "the checkout is at ${sha_short} already"
fi
tree_git checkout --quiet --detach --no-recurse-submodules "$sha" -- ||
    bunker_fail "git could not check out ${sha_short}" "the files named above are in the way: move them, then plan again; the old containers still run"
[ "$(tree_git rev-parse --verify HEAD)" = "$sha" ] || bunker_fail "the checkout did not reach $sha" "look at the output above; the old containers still run"
bunker_changed
echo "checked out $(tree_git log -1 --format='%h %s')"
for kept in .env docker-compose.override.yml; do
    [ ! -e "$kept" ] || echo "kept $kept"
done
