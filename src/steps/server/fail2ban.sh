# $ignore: addresses that are never banned, one a line.
packages fail2ban python3-systemd
ignored="127.0.0.1/8 ::1"
for address in $ignore; do ignored="$ignored $address"; done
wrote=0
{
    echo "# Written by bunker deploy (common_fail2ban_ignore)."
    printf '[DEFAULT]\nignoreip = %s\nbackend = systemd\nbantime = 1h\nfindtime = 10m\nmaxretry = 5\n\n[sshd]\nenabled = true\n' "$ignored"
} >"$BUNKER_JOB/jail"
if place /etc/fail2ban/jail.d/zz-bunker.local 644 <"$BUNKER_JOB/jail"; then wrote=1; fi
if ! systemctl is-enabled --quiet fail2ban || ! systemctl is-active --quiet fail2ban; then
    systemctl enable --now fail2ban || bunker_fail "fail2ban does not start" "look at journalctl -u fail2ban"
    bunker_changed
    wrote=0
fi
if [ "$wrote" = 1 ]; then systemctl restart fail2ban || bunker_fail "fail2ban does not start" "look at journalctl -u fail2ban"; fi
second=0
until fail2ban-client status sshd </dev/null; do
    second=$((second + 1))
    [ "$second" -lt 30 ] || bunker_fail "fail2ban does not watch SSH" "look at journalctl -u fail2ban"
    sleep 1
done
