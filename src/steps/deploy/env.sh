# The settings come as the input `env`. What somebody wrote by hand is never overwritten here. $seen: sha256 of the file that the
# plan saw, or `none`. $verdict: what the comparison of both, variable by variable, came to.
wanted=$(bunker_input env)
want_sum=$(sha256sum <"$wanted")
want_sum=${want_sum%% *}
# Fingerprints of the values, by which `bunker configure` knows an edit from what we wrote.
note() {
    (umask 077 && printf '%s\n' "$fingerprints" >"$state/env_applied.new") && mv -f -- "$state/env_applied.new" "$state/env_applied"
    printf '%s\n' "$1" >"$state/env_applied.sha256.new" && mv -f -- "$state/env_applied.sha256.new" "$state/env_applied.sha256"
}
closed() {
    [ "$(stat -c %a .env)" != 600 ] || return 0
    chmod 600 .env
    bunker_changed
    echo ".env has mode 600 now"
}
tree_owner=$(stat -c %U -- "$dir")
now=none
if [ -e .env ]; then
    now=$(sha256sum <.env)
    now=${now%% *}
fi
if [ "$now" = "$want_sum" ]; then
    closed
    [ "$(cat "$state/env_applied.sha256" 2>/dev/null)" = "$want_sum" ] && [ -e "$state/env_applied" ] || note "$want_sum"
    echo ".env is as it should be"
    exit 0
fi
[ "$now" = "$seen" ] || bunker_fail "$dir/.env is not the one that the plan saw; nothing was changed" "somebody changed it meanwhile: plan again"
if [ "$verdict" = as-it-is ]; then
    closed
    [ "$(cat "$state/env_applied.sha256" 2>/dev/null)" = "$now" ] && [ -e "$state/env_applied" ] || note "$now"
    echo ".env is as it should be; what it has besides stays"
    exit 0
fi
[ "$verdict" != refuse ] || bunker_fail ".env in $dir was written or edited on the host, and is not what the inventory makes" "bunker configure shows the difference and keeps what the host has of its own; nothing was changed"
bunker_aside "$dir/.env.bunker-new"
(umask 077 && cat "$wanted" >.env.bunker-new) || bunker_fail ".env could not be written" "look at the free space"
if [ "$(id -u)" = 0 ]; then chown -- "$tree_owner:$(id -gn "$tree_owner")" .env.bunker-new; fi
sync -- .env.bunker-new 2>/dev/null || :
# Ended between these two lines, the next run finds the wanted file and only notes it.
mv -f -- .env.bunker-new .env
note "$want_sum"
bunker_changed
echo "wrote .env, $(grep -c '^[A-Za-z_]' .env) variables"
