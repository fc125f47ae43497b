if [ ! -e .git ]; then : >"$state/cloning"; fi
if [ -e "$state/cloning" ]; then
    tree_git init --quiet || bunker_fail "git could not begin a checkout in $dir" "see the output above"
    bunker_changed
fi
# We hold the instance, so a lock of git was left by a run that was ended.
if [ -e "$state/deploying" ]; then
    find .git -name '*.lock' -type f -print -delete | sed 's/^/left by a run that was ended: /'
    find .git/objects/pack -name 'tmp_*' -type f -delete 2>/dev/null || :
fi
known=$(tree_git config --get remote.origin.url) || known=
if [ -z "$known" ]; then
    tree_git remote add origin "$repo"
    bunker_changed
elif [ "$known" != "$repo" ] && [ -e "$state/cloning" ]; then
    tree_git remote set-url origin "$repo"
    bunker_changed
elif [ "$known" != "$repo" ]; then
    bunker_fail "the checkout in $dir comes from $known, cml_repo says $repo" "set cml_repo, or on the host: git -C $dir remote set-url origin $repo; nothing was changed"
fi
