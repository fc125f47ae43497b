#!/bin/bash
# Makes the file system of a bare server: a Debian or Ubuntu as it is installed, with systemd, sshd and sudo, and nothing that an
# instance needs. What a deployment installs waits in a repository of its own in /srv/apt, so that apt asks nobody else.
# usage: bare.sh RELEASE FOLDER MIRROR ARCHIVE   (as root; FOLDER is scratch and must not be there, ARCHIVE is the .tar.gz to make)
set -euo pipefail
release=$1 folder=$2 mirror=$3 archive=$4
packages=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2
components=main script=$release keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if [ "$release" = noble ]; then
    # Debian 12 has no package with Ubuntu's keys, and its debootstrap the one script of all Ubuntu's releases under older names.
    components=main,universe script=jammy keyring=$folder.keys/usr/share/keyrings/ubuntu-archive-keyring.gpg
    wget -q -O "$folder.deb" "$mirror/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb"
    echo "36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8  $folder.deb" | sha256sum --quiet -c >&2
    dpkg-deb -x "$folder.deb" "$folder.keys"
fi
for attempt in 1 2 3; do
    debootstrap --variant=minbase --components="$components" --keyring="$keyring" --include="$packages" \
        "$release" "$folder" "$mirror" "$script" > "$folder.log" 2>&1 && break
    echo "bare image: attempt $attempt of debootstrap failed:" >&2
    tail -n 5 "$folder.log" "$folder/debootstrap/debootstrap.log" >&2 || true
    [ "$attempt" -lt 3 ] || exit 1
    rm -rf "$folder"
    sleep 5
done

# What a deployment may install, with what it needs, fetched by the system's own apt and not installed.
wanted="ca-certificates cron curl git iproute2 openssl procps python3 sudo util-linux docker.io iptables ufw fail2ban
    python3-systemd unattended-upgrades"
case $release in
trixie) wanted="$wanted docker-cli docker-compose" ;;
noble) wanted="$wanted docker-compose-v2" ;;
esac
echo "deb $mirror $release ${components//,/ }" > "$folder/etc/apt/sources.list"
# Servers have the updates of Ubuntu, and need them: the fail2ban of 24.04 itself does not start with its Python.
[ "$release" != noble ] || echo "deb $mirror $release-updates ${components//,/ }" >> "$folder/etc/apt/sources.list"
for attempt in 1 2 3; do
    # shellcheck disable=SC2086
    chroot "$folder" sh -ec 'apt-get -qq update; apt-get -qq install -y --no-install-recommends --download-only "$@"' sh $wanted \
        > "$folder.log" 2>&1 < /dev/null && break
    tail -n 5 "$folder.log" >&2
    [ "$attempt" -lt 3 ] || exit 1
    sleep 5
done
mkdir -p "$folder/srv/apt"
mv "$folder"/var/cache/apt/archives/*.deb "$folder/srv/apt/"
(
    cd "$folder/srv/apt"
    for package in *.deb; do
        dpkg-deb -f "$package"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$package" "$(stat -c %s "$package")" "$(sha256sum "$package" | cut -d ' ' -f 1)"
    done > Packages
)
# The image that the stand-in builds on appears with Docker, as from a registry.
chroot "$folder" sh -ec 'cd /srv; apt-get -qq download busybox-static; dpkg -x busybox-static_*.deb busybox; rm busybox-static_*.deb' \
    >> "$folder.log" 2>&1 < /dev/null
cat > "$folder/srv/base-image" <<'IMPORT'
#!/bin/sh
set -eu
docker image inspect cml-busybox > /dev/null 2>&1 && exit 0
base=$(mktemp -d)
mkdir -p "$base/bin" "$base/tmp" "$base/usr/local/bin"
cp /srv/busybox/*bin/busybox "$base/bin/busybox" 2> /dev/null || cp /srv/busybox/usr/bin/busybox "$base/bin/busybox"
for applet in $("$base/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$base/bin/$applet"
done
tar -C "$base" -c . | docker import - cml-busybox > /dev/null
rm -rf "$base"
IMPORT
chmod 0755 "$folder/srv/base-image"
mkdir -p "$folder/etc/systemd/system/docker.service.d"
printf '[Service]\nExecStartPost=/srv/base-image\n' > "$folder/etc/systemd/system/docker.service.d/lab.conf"
# Compose v2, which Debian 12 does not package, as a file that the inventory can name.
if [ "$release" = bookworm ]; then
    echo "deb [trusted=yes] $mirror trixie main" > "$folder/etc/apt/sources.list"
    chroot "$folder" sh -ec 'apt-get -qq update; cd /srv; apt-get -qq download docker-compose; dpkg -x docker-compose_*.deb compose
        mv compose/usr/libexec/docker/cli-plugins/docker-compose docker-compose; rm -rf compose docker-compose_*.deb' \
        >> "$folder.log" 2>&1 < /dev/null
fi
echo 'deb [trusted=yes] file:/srv/apt ./' > "$folder/etc/apt/sources.list"
rm -rf "$folder"/var/lib/apt/lists/*

chroot "$folder" useradd --create-home --shell /bin/bash admin
install -d -m 0700 "$folder/home/admin/.ssh"
chroot "$folder" chown admin:admin /home/admin/.ssh
echo 'admin ALL=(ALL) NOPASSWD: ALL' > "$folder/etc/sudoers.d/admin"
chmod 0440 "$folder/etc/sudoers.d/admin"
rm -f "$folder"/etc/ssh/ssh_host_*
chroot "$folder" systemctl --quiet disable ssh.service
chroot "$folder" systemctl --quiet mask systemd-modules-load.service
rm -f "$folder/etc/machine-id"
: > "$folder/etc/machine-id"

# The same as in image.sh: Docker and ufw set values of the host's own network name space.
cat > "$folder/etc/systemd/system/lab-network.service" <<'UNIT'
[Unit]
Description=Make the settings of this host's network writable
DefaultDependencies=no
Before=systemd-sysctl.service network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
RuntimeDirectory=lab-proc
ExecStart=/bin/sh -ec 'mount -t proc proc /run/lab-proc; mount --bind /run/lab-proc/sys/net /proc/sys/net; umount -l /run/lab-proc'

[Install]
WantedBy=sysinit.target
UNIT
chroot "$folder" systemctl --quiet enable lab-network.service

tar -C "$folder" -c --exclude='./usr/share/doc/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/man/*' . |
    gzip -1 > "$archive.new"
mv "$archive.new" "$archive"
rm -rf "$folder" "$folder.log" "$folder.deb" "$folder.keys"
