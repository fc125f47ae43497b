# The step after this goes on only while the lease is ours, and prolongs it by what it may take: a machine that
# woke from sleep with an old run cannot work beside the run that has taken over.
if [ "$(lease_field run)" != "$BUNKER_RUN" ]; then
    lease_now=$(lease_field holder)
    bunker_fail "the lease of $BUNKER_INSTANCE is no longer ours: it is ${lease_now:-free}" "plan again; what this run did on the host is in its log"
fi
lease_write "$(lease_field generation)" "$(lease_field started)"
mv -f -- "$lease_new" "$lease"
