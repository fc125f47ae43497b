mkdir -p -- "$state"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
if [ -e "$lease" ] && [ "$(lease_field run)" = "$BUNKER_RUN" ]; then
    generation=$(lease_field generation)
    lease_write "$generation" "$(lease_field started)"
    mv -f -- "$lease_new" "$lease"
    lease_keep_generation "$generation"
    bunker_tell lease-generation "$generation"
    echo "the lease is ours already; prolonged"
    exit 0
fi
generation=$(($(lease_generation) + 1))
lease_write "$generation" "$now"
taken=
if ! ln -- "$lease_new" "$lease" 2>/dev/null; then
    if lease_is_over; then
        taken=$(lease_field holder)
        mv -f -- "$lease_new" "$lease"
    else
        rm -f -- "$lease_new"
        held=$(lease_field holder)
        doing=$(lease_field doing)
        bunker_fail "$BUNKER_INSTANCE is held by ${held:-somebody who left no name}${doing:+, at $doing}" \
            "wait for it (\`bunker show $(lease_field run)\`, or start again with --wait); by itself the lease ends in $(lease_left) s"
    fi
fi
rm -f -- "$lease_new"
lease_keep_generation "$generation"
bunker_tell lease-generation "$generation"
echo "lease $generation taken by run $BUNKER_RUN for $operator"
if [ -n "$taken" ]; then
    bunker_tell lease-taken-over "$taken"
    echo "it was left behind by $taken"
fi
