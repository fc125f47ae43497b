good() { [ "$status" = 200 ]; }
ask_until "$health_url" good || bunker_fail "the API at $health_url $(said)" "look at docker compose logs api in $dir"
named=$(printf '%s' "$body" | tr ',{}' '\n' | sed -n 's/^ *"commit" *: *"\([0-9a-f]\{7,40\}\)" *$/\1/p' | head -n 1)
if [ -n "$named" ] && [ -n "$sha" ]; then
    case $sha in
    "$named"*) ;;
    *) bunker_fail "the API at $health_url runs commit $named, not $sha" "look at docker compose ps in $dir" ;;
    esac
fi
echo "$health_url answers 200${named:+, commit $named}"
