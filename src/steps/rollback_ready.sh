head=$(tree_git rev-parse --verify HEAD)
[ "$head" = "$from" ] || [ "$head" = "$sha" ] || bunker_fail "the checkout is at $head, the plan saw $from" "somebody changed it meanwhile: plan again"
tree_git cat-file -e "$sha^{commit}" 2>/dev/null || bunker_fail "commit $sha is not in the checkout" "go there with: bunker upgrade $BUNKER_INSTANCE --to $sha_short, which fetches it"
changed=$(tree_git status --porcelain --untracked-files=no --ignore-submodules=none)
[ -z "$changed" ] || { printf '%s\n' "$changed"; bunker_fail "the checkout has local changes" "undo them on the host (git -C $dir diff)"; }
[ -s "$state/held/$sha_short" ] || bunker_fail "no images of $sha_short are held" "go there with: bunker upgrade $BUNKER_INSTANCE --to $sha_short, which builds them"
while read -r image id held; do
    docker image inspect "$id" >/dev/null 2>&1 </dev/null || bunker_fail "the image $held is gone" "go there with: bunker upgrade $BUNKER_INSTANCE --to $sha_short, which builds it"
done <"$state/held/$sha_short"
echo "commit and images of $sha_short are here"
