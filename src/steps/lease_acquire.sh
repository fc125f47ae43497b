mkdir -p -- "$state"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
if [ -e "$lease" ] && [ "$(lease_field run)" = "$BUNKER_RUN" ]; then
    lease_write "$(lease_field generation)" "$(lease_field started)"
    mv -f -- "$lease_new" "$lease"
    echo "the lease is ours already; prolonged"
    exit 0
fi
generation=$(cat "$state/generation" 2>/dev/null || echo 0)
case $generation in '' | *[!0-9]*) generation=0 ;; esac
generation=$((generation + 1))
lease_write "$generation" "$now"
taken=
if ! ln -- "$lease_new" "$lease" 2>/dev/null; then
    if lease_is_over; then
        taken=$(lease_field holder)
        mv -f -- "$lease_new" "$lease"
    else
        rm -f -- "$lease_new"
        held=$(lease_field holder)
        bunker_fail "$BUNKER_INSTANCE is held by ${held:-somebody who left no name}" \
            "wait for it (\`bunker show $(lease_field run)\`); by itself the lease ends in $((lease_until - $(date +%s))) s"
    fi
fi
rm -f -- "$lease_new"
printf '%s\n' "$generation" >"$state/generation.new" && mv -f -- "$state/generation.new" "$state/generation"
bunker_tell lease-generation "$generation"
echo "lease $generation taken by run $BUNKER_RUN for $operator"
if [ -n "$taken" ]; then
    bunker_tell lease-taken-over "$taken"
    echo "it was left behind by $taken"
fi
