command -v ufw >/dev/null || bunker_fail "there is no ufw on the host" "deploy with --tags common"
ufw status </dev/null >"$BUNKER_JOB/ufw" || bunker_fail "ufw does not tell its state" "see the output above"
cat "$BUNKER_JOB/ufw"
grep -q '^Status: active' "$BUNKER_JOB/ufw" || bunker_fail "ufw is not active" "deploy with --tags common"
closed=
for port in $(sshd -T 2>/dev/null | sed -n 's/^port //p'); do ports="$port $ports"; done
for port in $ports; do
    grep -qE "^$port(/tcp)? .*(ALLOW|LIMIT)" "$BUNKER_JOB/ufw" || closed="$closed $port"
done
[ -z "$closed" ] || bunker_fail "ufw does not let in:$closed" "deploy with --tags common; ufw status shows the rules"
