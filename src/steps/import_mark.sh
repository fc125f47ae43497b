head=$(tree_git rev-parse HEAD) || bunker_fail "the commit of $dir cannot be read" "look at the checkout on the host"
[ "$head" = "$sha" ] || bunker_fail "$dir is at $head, and the plan saw $sha" "somebody changed it meanwhile: import again"
mark() {
    [ ! -e "$1" ] || return 0
    (umask 022 && printf 'imported by run %s\n' "$BUNKER_RUN" >"$1.new") && mv -f -- "$1.new" "$1" ||
        bunker_fail "$1 could not be written" "look at the free space"
    bunker_changed
}
mark "$state/imported"
mark "${marker:-$state/seeded}"
echo "marked as in use: its data is never seeded over"
