marker=${marker:-$state/seeded}
[ ! -e "$marker" ] || bunker_skip "seeded before: $(head -n 1 -- "$marker" | cut -c1-200)"
[ ! -e "$state/imported" ] || bunker_skip "this instance was imported: its data is never seeded over"
if [ "$(id -u)" = 0 ]; then facts=/etc/ansible/facts.d; else facts=$BUNKER_STATE/facts.d; fi
[ ! -e "$facts/changemaker.fact" ] || bunker_skip "this instance is in use already: its data is never seeded over"
found=$(cat "$state/data" 2>/dev/null) || found=
[ "$found" = fresh ] || bunker_skip "there was data before the first deployment (${found#found }): it is never seeded over"
echo "+ $command"
rc=0
sh -c "$command" </dev/null || rc=$?
[ "$rc" = 0 ] || bunker_fail "the seed failed with exit code $rc" "see the output above; when it is mended, deploy again: it is tried again"
mkdir -p -- "$(dirname -- "$marker")"
printf 'by run %s at %s\n' "$BUNKER_RUN" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$marker.new"
mv -f -- "$marker.new" "$marker"
bunker_changed
