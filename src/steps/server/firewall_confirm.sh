# This job came in by a login of its own, made after the firewall was switched on: the firewall stays.
ufw status </dev/null >"$BUNKER_JOB/ufw" || bunker_fail "ufw does not tell its state" "see the output above"
grep -q '^Status: active' "$BUNKER_JOB/ufw" ||
    bunker_fail "the firewall is off again: no new login came in while it was on" "look at ufw show added and sshd -T on the host: SSH's port has to be let in; then deploy again with --tags common"
if has_systemd && systemctl is-active --quiet bunker-ufw-undo.timer; then
    systemctl stop bunker-ufw-undo.timer || bunker_fail "the timer that takes the firewall back cannot be stopped" "run systemctl stop bunker-ufw-undo.timer on the host"
    echo "a new login came in with the firewall on: it stays on"
fi
cat "$BUNKER_JOB/ufw"
