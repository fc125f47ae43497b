# The settings come as the input `env`. What somebody wrote by hand is never overwritten here.
wanted=$(bunker_input env)
want_sum=$(sha256sum <"$wanted")
want_sum=${want_sum%% *}
applied=$(cat "$state/env_applied.sha256" 2>/dev/null) || applied=
# Fingerprints of the values, by which `bunker configure` knows an edit from what we wrote.
note() {
    (umask 077 && printf '%s\n' "$fingerprints" >"$state/env_applied.new") && mv -f -- "$state/env_applied.new" "$state/env_applied"
    note_sum
}
note_sum() { printf '%s\n' "$want_sum" >"$state/env_applied.sha256.new" && mv -f -- "$state/env_applied.sha256.new" "$state/env_applied.sha256"; }
tree_owner=$(stat -c %U -- "$dir")
here_sum=
if [ -e .env ]; then
    here_sum=$(sha256sum <.env)
    here_sum=${here_sum%% *}
fi
# What configure kept for the host stands behind what the inventory makes.
if [ -n "$here_sum" ] && grep -q '^# --- Kept as it was on this host' .env; then
    head -c "$(wc -c <"$wanted")" .env | cmp -s - "$wanted" ||
        bunker_fail ".env in $dir holds variables of its own, and is not what the inventory makes" "bunker configure shows the difference and keeps them; nothing was changed"
    echo ".env is as it should be, and holds variables of its own"
    exit 0
fi
if [ "$here_sum" = "$want_sum" ]; then
    if [ "$(stat -c %a .env)" != 600 ]; then
        chmod 600 .env
        bunker_changed
        echo ".env has mode 600 now"
    fi
    [ "$applied" = "$want_sum" ] && [ -e "$state/env_applied" ] || note
    echo ".env is as it should be"
    exit 0
fi
if [ -n "$here_sum" ] && [ "$here_sum" != "$applied" ]; then
    bunker_fail ".env in $dir was written or edited on the host, and is not what the inventory makes" "bunker configure shows the difference and decides it; nothing was changed"
fi
bunker_aside "$dir/.env.bunker-new"
(umask 077 && cat "$wanted" >.env.bunker-new) || bunker_fail ".env could not be written" "look at the free space"
if [ "$(id -u)" = 0 ]; then chown -- "$tree_owner:$(id -gn "$tree_owner")" .env.bunker-new; fi
sync -- .env.bunker-new 2>/dev/null || :
# Ended between these two lines, the next run finds the wanted file and only notes it.
mv -f -- .env.bunker-new .env
note
bunker_changed
echo "wrote .env, $(grep -c '^[A-Za-z_]' .env) variables"
