# $seen: sha256 of the file that the plan saw, or `none`. $kept: lines of `OFFSET LENGTH` in it. $applied: lines of
# `NAME FINGERPRINT`. The new file stands beside the old one until it takes its place, and is gone whatever happens.
input=$(bunker_input env)
new=$dir/.env.bunker-new
record_applied() {
    (umask 077 && printf '%s\n' "$applied" >"$state/env_applied.new") || bunker_fail "what was applied could not be recorded in $state" "look at the free space, then start again"
    mv -f -- "$state/env_applied.new" "$state/env_applied"
    sum=$(sha256sum <.env)
    printf '%s\n' "${sum%% *}" >"$state/env_applied.sha256.new" && mv -f -- "$state/env_applied.sha256.new" "$state/env_applied.sha256"
}
[ ! -L .env ] || bunker_fail "$dir/.env is a symbolic link, which a new file would replace" "put the file itself there"
now=none
if [ -e .env ]; then
    now=$(sha256sum <.env) || bunker_fail ".env cannot be read" "look at its owner and mode"
    now=${now%% *}
fi
if [ "$now" != "$seen" ]; then
    n=$(wc -c <"$input")
    if [ "$now" != none ] && head -c "$n" .env | cmp -s - "$input"; then
        record_applied
        echo ".env begins with what this plan makes: it was installed before"
        exit 0
    fi
    bunker_fail "$dir/.env is not the one that the plan saw; nothing was changed" "somebody changed it meanwhile: plan again"
fi
trap 'rm -f -- "$new"' EXIT
bunker_aside "$new"
(
    umask 077
    cat -- "$input"
    if [ -n "$kept" ]; then
        printf '\n# --- Kept as it was on this host: not in the template\n'
        printf '%s\n' "$kept" | while read -r at n; do
            tail -c "+$((at + 1))" .env | head -c "$n"
            printf '\n'
        done
    fi
) >"$new" || bunker_fail "the new .env could not be written; the old one is as it was" "look at the free space and the owner of $dir"
chmod 600 -- "$new"
if [ "$(id -u)" = 0 ]; then
    chown --reference="$dir" -- "$new"
fi
if [ -e .env ] && cmp -s "$new" .env && [ "$(stat -c '%a %u' .env)" = "$(stat -c '%a %u' "$new")" ]; then
    record_applied
    echo ".env is as wanted"
    exit 0
fi
if command -v docker >/dev/null && docker compose version >/dev/null 2>&1 </dev/null; then
    docker compose --env-file "$new" config -q </dev/null ||
        bunker_fail "Compose does not accept the new .env; the old one is as it was" "see the output above; mend the inventory or the template, then plan again"
fi
sync -- "$new" 2>/dev/null || :
# Gone when the containers have the new settings: a run that ended between is made good by the next.
: >"$state/env_pending"
mv -f -- "$new" .env
bunker_changed
record_applied
bunker_tell env-sha256 "${sum%% *}"
echo "installed $dir/.env, $(wc -l <.env | tr -d ' ') lines"
