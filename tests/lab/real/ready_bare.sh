# Run as root inside a bare host that has just started: its keys and its login.
# usage: sh -s PUBLIC_KEY REPOSITORY
set -eu
printf '%s\n' "$1" > /home/admin/.ssh/authorized_keys
chown admin:admin /home/admin/.ssh/authorized_keys
chmod 0600 /home/admin/.ssh/authorized_keys
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
# The repository of the stand-in belongs to somebody of the machine below; git asks for this before it reads it.
printf '[safe]\n\tdirectory = %s\n' "$2" > /etc/gitconfig
systemctl start ssh.service
cat /etc/ssh/ssh_host_ed25519_key.pub
