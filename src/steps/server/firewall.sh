# SSH first, so that nobody is locked out. Until the next job has come in, a timer of the host takes it back. $ports is set.
packages ufw
# Every port on which SSH listens: as its settings say, and as it is.
ssh_ports=$({
    sshd -T 2>/dev/null | sed -n 's/^port //p'
    ss -Hltnp 2>/dev/null | sed -n 's/^[^ ]* *[^ ]* *[^ ]* *[^ ]*:\([0-9]*\) .*"sshd".*/\1/p'
    systemctl show ssh.socket -p Listen --value 2>/dev/null | sed -n 's/.*:\([0-9]*\) (Stream).*/\1/p'
} | sort -un | tr '\n' ' ')
[ -n "$ssh_ports" ] || bunker_fail "it cannot be told on which port SSH listens" "look at sshd -T on the host; the firewall was not touched"
rules=$(ufw show added </dev/null) || bunker_fail "ufw does not tell its rules" "see the output above"
for port in $ssh_ports $ports; do
    if printf '%s\n' "$rules" | grep -qE "^ufw (allow|limit) $port(/tcp)?( |$)"; then continue; fi
    ufw allow "$port/tcp" </dev/null || bunker_fail "ufw does not take port $port" "see the output above"
    bunker_changed
done
ufw status verbose </dev/null >"$BUNKER_JOB/ufw"
if ! grep -q '^Status: active' "$BUNKER_JOB/ufw" || ! grep -q '^Default: deny (incoming)' "$BUNKER_JOB/ufw"; then
    if has_systemd; then
        systemctl reset-failed bunker-ufw-undo.timer bunker-ufw-undo.service 2>/dev/null || :
        systemctl stop bunker-ufw-undo.timer 2>/dev/null || :
        systemd-run --quiet --unit=bunker-ufw-undo --on-active=300 ufw disable </dev/null ||
            bunker_fail "the timer that would take the firewall back could not be set" "look at systemctl status; the firewall was not switched on"
        echo "unless this host can be reached again, its firewall is off again in 300 s"
    fi
    ufw default deny incoming </dev/null
    ufw default allow outgoing </dev/null
    ufw --force enable </dev/null || bunker_fail "ufw could not be switched on" "see the output above"
    bunker_changed
fi
ufw status verbose </dev/null
