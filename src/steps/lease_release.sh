# Whatever becomes of the lease, this run is over here.
: >"${BUNKER_JOB%/*}/finished" || :
[ -e "$lease" ] || bunker_skip "there is no lease"
[ "$(lease_field run)" = "$BUNKER_RUN" ] || bunker_skip "the lease is not ours: $(lease_field holder)"
rm -f -- "$lease"
echo "lease given back"
