#!/bin/bash
# Makes the file system of a real host: Debian 13 with systemd, sshd, sudo, cron, ufw, fail2ban and its own Docker.
# usage: image.sh FOLDER MIRROR ARCHIVE   (as root; FOLDER is scratch and must not be there, ARCHIVE is the .tar.gz to make)
set -euo pipefail
folder=$1 mirror=$2 archive=$3
packages=systemd,systemd-sysv,dbus,openssh-server,sudo,cron,iproute2,iptables,ca-certificates,curl,git
packages+=,docker.io,docker-cli,docker-compose,ufw,fail2ban,python3-systemd,busybox-static
for attempt in 1 2 3; do
    debootstrap --variant=minbase --include="$packages" trixie "$folder" "$mirror" > "$folder.log" 2>&1 && break
    echo "image: attempt $attempt of debootstrap failed:" >&2
    tail -n 5 "$folder.log" "$folder/debootstrap/debootstrap.log" >&2 || true
    [ "$attempt" -lt 3 ] || exit 1
    rm -rf "$folder"
    sleep 5
done

chroot "$folder" useradd --create-home --shell /bin/bash deploy
install -d -m 0700 "$folder/home/deploy/.ssh"
chroot "$folder" chown deploy:deploy /home/deploy/.ssh
echo 'deploy ALL=(ALL) NOPASSWD: ALL' > "$folder/etc/sudoers.d/deploy"
chmod 0440 "$folder/etc/sudoers.d/deploy"
printf 'PasswordAuthentication no\nPermitRootLogin no\n' > "$folder/etc/ssh/sshd_config.d/lab.conf"
# Every host gets keys of its own when it starts, and its sshd waits for them.
rm -f "$folder"/etc/ssh/ssh_host_*
chroot "$folder" systemctl --quiet disable ssh.service
chroot "$folder" systemctl --quiet mask systemd-modules-load.service
printf '[DEFAULT]\nbackend = systemd\n' > "$folder/etc/fail2ban/jail.d/lab.local"
rm -f "$folder/etc/machine-id"
: > "$folder/etc/machine-id"

# Docker and ufw set values of the host's own network name space; the rest of /proc/sys belongs to the machine and stays
# read-only.
cat > "$folder/etc/systemd/system/lab-network.service" <<'UNIT'
[Unit]
Description=Make the settings of this host's network writable
DefaultDependencies=no
Before=systemd-sysctl.service docker.service ufw.service network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
RuntimeDirectory=lab-proc
ExecStart=/bin/sh -ec 'mount -t proc proc /run/lab-proc; mount --bind /run/lab-proc/sys/net /proc/sys/net; umount -l /run/lab-proc'

[Install]
WantedBy=sysinit.target
UNIT
chroot "$folder" systemctl --quiet enable lab-network.service

tar -C "$folder" -c --exclude='./var/cache/apt/archives/*.deb' --exclude='./usr/share/doc/*' \
    --exclude='./usr/share/locale/*' --exclude='./usr/share/man/*' . | gzip -1 > "$archive.new"
mv "$archive.new" "$archive"
rm -rf "$folder" "$folder.log"
