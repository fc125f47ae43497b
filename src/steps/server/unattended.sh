packages unattended-upgrades
place /etc/apt/apt.conf.d/20auto-upgrades 644 <<'ON' || :
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
ON
apt-config dump APT::Periodic::Unattended-Upgrade
