LC_ALL=C; LANG=C; PATH="$PATH:/usr/local/bin:/usr/sbin:/sbin"
export LC_ALL LANG PATH
part() {
    printf '\n%s begin %s\n' "$nonce" "$1"; shift
    { complaint=$("$@" 2>&1 >&3 3>&- </dev/null); rc=$?
      printf '\n%s rc %d\n%.2000s' "$nonce" "$rc" "$complaint" >&3; } 3>&1 | head -c 65536
    printf '\n%s end\n' "$nonce"
}
missing() {
    for tool in awk base64 date df find flock git head mktemp mv ps sed setsid sha256sum sort stat sync tail timeout; do
        command -v "$tool" >/dev/null 2>&1 || echo "$tool"
    done
}
manager() { if [ -d /run/systemd/system ]; then echo systemd; else echo none; fi; }
system() { sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d '"'; }
as_root() { [ "$(id -u)" = 0 ] || { echo "only root can see it" >&2; return 1; }; }
here() { command -v "$1" >/dev/null 2>&1 || { echo "there is no $1" >&2; return 1; }; }
firewall() {
    here ufw && as_root || return 1
    said=$(ufw status) || return 1
    case $said in "Status: active"*) ;; *) echo "off"; return ;; esac
    for port in $(sshd -T 2>/dev/null | sed -n 's/^port //p'); do
        printf '%s\n' "$said" | grep -qE "^$port(/tcp)? .*(ALLOW|LIMIT)" || { echo "on, and does not let SSH in at $port"; return; }
    done
    echo "on, lets SSH in"
}
bans() {
    here fail2ban-client && as_root || return 1
    fail2ban-client status sshd >/dev/null || return 1
    echo "watches SSH"
}
updates() {
    here apt-config || return 1
    case $(apt-config dump APT::Periodic::Unattended-Upgrade) in *'"1"'*) echo "on" ;; *) echo "off" ;; esac
}
cron() {
    here crontab || return 1
    owner=$(stat -c %U -- "$dir") || return 1
    if [ "$(id -un)" = "$owner" ]; then lines=$(crontab -l 2>/dev/null); else as_root || return 1; lines=$(crontab -u "$owner" -l 2>/dev/null); fi
    case $lines in *"$mark"*) echo "in the crontab of $owner" ;; *) echo "not in the crontab of $owner" ;; esac
}
restart() { if [ -e /var/run/reboot-required ]; then echo "needed"; else echo "not needed"; fi; }
part user id -un
part missing missing
part manager manager
part docker docker version --format '{{.Server.Version}}'
part compose docker compose version --short
part git git --version
part system system
part firewall firewall
part fail2ban bans
part updates updates
part cron cron
part restart restart
