if [ "$(id -u)" = 0 ]; then
    facts=/etc/ansible/facts.d
else
    facts=$BUNKER_STATE/facts.d
fi
mkdir -p -- "$facts"
env_sum=$(sha256sum <.env) || bunker_fail ".env cannot be read" "look at its owner and mode"
env_sum=${env_sum%% *}
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
fact=$facts/changemaker.fact
# What a run of ours wrote stays on record as it was written: an edit since then is shown until it is taken up or taken back. Of a
# file that none ever wrote, what is in force now is on record.
applied=$state/env_applied.sha256
[ -e "$state/env_applied" ] && [ -s "$applied" ] && known=$(cat "$applied") || known=$env_sum
if [ -f "$fact" ] && grep -qF "{\"sha\":\"$sha\",\"ref\":\"$ref\"," "$fact" && grep -qF '"healthy":true' "$fact" &&
    grep -qF "\"env_sha256\":\"$env_sum\"}" "$fact" && [ "$(cat "$applied" 2>/dev/null)" = "$known" ]; then
    rm -f -- "$state/before" "$state/deploying"
    bunker_tell env-sha256 "$env_sum"
    echo "recorded already in $fact"
    exit 0
fi
# Not executable: Ansible would run it.
(umask 022 && printf '{"sha":"%s","ref":"%s","run":"%s","at":"%s","healthy":true,"previous":%s,"env_sha256":"%s"}\n' \
    "$sha" "$ref" "$BUNKER_RUN" "$now" "$previous" "$env_sum" >"$fact.new") ||
    bunker_fail "the release could not be recorded in $fact" "look at the free space; the instance itself runs it and is healthy"
sync -- "$fact.new" 2>/dev/null || :
[ ! -f "$fact" ] || cp -p -- "$fact" "$facts/changemaker.previous"
mv -f -- "$fact.new" "$fact"
printf '%s\n' "$known" >"$applied.new" && mv -f -- "$applied.new" "$applied"
[ "$known" = "$env_sum" ] || echo ".env was edited on the host since it was applied: that stays on show until bunker configure takes it up or back"
# The history: only releases that a gate found healthy get here.
printf '%s healthy %s %s %s\n' "$sha" "$now" "$ref" "$BUNKER_RUN" >>"$state/releases"
rm -f -- "$state/before" "$state/deploying"
bunker_changed
bunker_tell release-file "$fact"
bunker_tell recorded-at "$now"
bunker_tell env-sha256 "$env_sum"
echo "release recorded in $fact"
