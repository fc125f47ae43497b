# Answers a commit per ref; that of an annotated tag stands behind ^{}.
if ! seen=$(tree_git ls-remote --end-of-options "$repo" "refs/tags/$ref" "refs/tags/$ref^{}" "refs/heads/$ref" 2>"$BUNKER_JOB/ls-remote"); then
    cat "$BUNKER_JOB/ls-remote"
    bunker_fail "the host cannot read $repo" "try there: git ls-remote $repo; ${so_far:-nothing was changed but the backup made}"
fi
at() { printf '%s\n' "$seen" | awk -v name="$1" '$2 == name { print $1; exit }'; }
tag=$(at "refs/tags/$ref^{}")
[ -n "$tag" ] || tag=$(at "refs/tags/$ref")
branch=$(at "refs/heads/$ref")
if [ -n "$tag" ] && [ "$tag" != "$sha" ]; then
    bunker_fail "tag $ref moved: the plan saw $sha, the repository now says $tag" \
        "find out who moved it, then plan again; the checkout was not touched"
fi
if [ -z "$tag" ] && [ -n "$branch" ] && [ "$branch" != "$sha" ]; then
    echo "branch $ref went on to $branch since the plan was made; this run goes to $sha as planned"
    bunker_tell branch-moved-to "$branch"
fi
have() { tree_git cat-file -e "$sha^{commit}" 2>/dev/null; }
fetch() {
    n=1
    until tree_git fetch --no-tags --no-write-fetch-head --no-recurse-submodules --end-of-options "$repo" "$@" >"$BUNKER_JOB/fetch" 2>&1; do
        cat "$BUNKER_JOB/fetch"
        [ "$n" -lt 3 ] || return 1
        grep -qiE 'could not resolve|timed out|timeout|connection (refused|reset)|early eof|unexpected disconnect|http 5[0-9][0-9]' "$BUNKER_JOB/fetch" || return 1
        n=$((n + 1))
        echo "this may pass; attempt $n of 3"
        sleep "$n"
    done
    cat "$BUNKER_JOB/fetch"
}
if have; then
    echo "commit $sha is there already"
else
    fetch "$sha" || {
        echo "the repository does not give out single commits; asking for $ref"
        fetch "$ref" || bunker_fail "commit $sha could not be fetched from $repo" "look at the output above; the checkout was not touched"
    }
    have || bunker_fail "$ref was fetched, but commit $sha is not in it" "the ref was changed since the plan was made: plan again; the checkout was not touched"
    bunker_changed
fi
if [ -n "$tag" ] && [ "$(tree_git rev-parse -q --verify "refs/tags/$ref^{commit}" 2>/dev/null || :)" != "$sha" ]; then
    fetch "+refs/tags/$ref:refs/tags/$ref" || echo "the tag itself could not be fetched; the commit is there"
    bunker_changed
fi
tree_git log -1 --format='%h %s' "$sha"
