# We are in: the firewall stays.
if has_systemd && systemctl is-active --quiet bunker-ufw-undo.timer; then
    systemctl stop bunker-ufw-undo.timer || bunker_fail "the timer that takes the firewall back cannot be stopped" "run systemctl stop bunker-ufw-undo.timer on the host"
    echo "the host is reached with its firewall on: it stays on"
fi
ufw status </dev/null
