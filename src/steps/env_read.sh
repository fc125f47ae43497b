LC_ALL=C; export LC_ALL
state=${HOME:-/nonexistent}/.local/state/bunker
as=
if [ "$become" = 1 ] || [ "$(id -u)" = 0 ]; then state=/var/lib/bunker; fi
if [ "$become" = 1 ] && [ "$(id -u)" != 0 ]; then
    if sudo -n true </dev/null 2>/dev/null; then as='sudo -n'; fi
fi
record=$state/instances/$instance/env_applied
if $as test -f "$record" </dev/null; then
    echo recorded
    $as sed 's/^/applied /' "$record" </dev/null
    sum=$($as cat "$record.sha256" </dev/null 2>/dev/null) || sum=
    [ -z "$sum" ] || echo "applied-sum $sum"
fi
if $as test -e "${record%applied}pending" </dev/null; then echo pending; fi
if $as test -e "$dir/.env" </dev/null; then
    if mode=$($as stat -Lc %a "$dir/.env" </dev/null) && $as test -r "$dir/.env" </dev/null; then
        echo "env $mode"
        $as cat "$dir/.env" </dev/null
    else
        echo "unreadable $dir/.env may not be read by $(id -un)"
    fi
elif $as test -d "$dir" </dev/null; then
    echo absent
else
    echo "unreadable there is no checkout at $dir"
fi
