# $seen: sha256 of the file that the plan saw. $applied: lines of `NAME FINGERPRINT` and `NAME absent FINGERPRINT`.
now=$(sha256sum <.env) || bunker_fail ".env cannot be read" "look at its owner and mode"
[ "${now%% *}" = "$seen" ] || bunker_fail "$dir/.env is not the one that the plan saw" "somebody changed it meanwhile: import again"
if [ ! -f "$state/env_applied" ] || [ "$(cat "$state/env_applied")" != "$applied" ]; then
    (umask 077 && printf '%s\n' "$applied" >"$state/env_applied.new") && mv -f -- "$state/env_applied.new" "$state/env_applied" ||
        bunker_fail "what .env has could not be recorded in $state" "look at the free space, then import again"
    bunker_changed
fi
if [ "$(cat "$state/env_applied.sha256" 2>/dev/null)" != "$seen" ]; then
    printf '%s\n' "$seen" >"$state/env_applied.sha256.new" && mv -f -- "$state/env_applied.sha256.new" "$state/env_applied.sha256" ||
        bunker_fail "what .env has could not be recorded in $state" "look at the free space, then import again"
    bunker_changed
fi
echo "recorded what .env has: an edit from now on is known as one"
