# What the server is like before anything is changed. $need_b, $domain and $ports are set.
arch=$(dpkg --print-architecture)
case $arch in amd64 | arm64) ;; *) bunker_fail "this server is $arch, and the images are for amd64 and arm64" "take another server" ;; esac
echo "$os, $arch, Linux $(uname -r)"
free=$(df -P -B1 / | awk 'NR > 1 { print $4; exit }')
[ "$free" -ge "$need_b" ] || bunker_fail "/ has $((free / 1048576)) MiB free, an instance needs $((need_b / 1048576)) MiB" "take a larger disk, or set bunker_upgrade_free_b"
echo "/ has $((free / 1048576)) MiB free"
memory=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
echo "$((memory / 1024)) MiB of memory"
[ "$memory" -ge 1500000 ] || bunker_tell low-memory "$((memory / 1024)) MiB"
if command -v timedatectl >/dev/null && [ "$(timedatectl show -p NTPSynchronized --value 2>/dev/null)" = no ]; then
    echo "the clock is not synchronized (yet): timedatectl set-ntp true"
    bunker_tell clock unsynchronized
fi
at=$(getent ahosts "$domain" 2>/dev/null | awk '{ print $1 }' | sort -u | tr '\n' ' ') || at=
if [ -n "$at" ]; then echo "$domain is $at"; else
    echo "$domain has no address yet: set up DNS or the tunnel"
    bunker_tell dns "$domain has no address"
fi
for program in git docker ufw fail2ban-client; do
    if command -v "$program" >/dev/null; then echo "$program is there"; else echo "$program is missing"; fi
done
# Only before there is an instance: afterwards the ports are its own.
if [ ! -e "$state/deploying" ] && [ ! -e /etc/ansible/facts.d/changemaker.fact ] && command -v ss >/dev/null; then
    for port in $ports; do
        by=$(ss -Hltnp "sport = :$port" | sed -n 's/.*users:((\("[^"]*"\).*/\1/p' | sort -u | head -n 1)
        [ -z "$by" ] || bunker_fail "port $port is in use by $by" "stop it, or take another server: the instance needs this port"
    done
fi
