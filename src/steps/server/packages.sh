packages ca-certificates cron curl git iproute2 openssl procps python3 sudo util-linux
if has_systemd && ! systemctl is-active --quiet cron; then
    systemctl enable --now cron || bunker_fail "cron does not start" "look at systemctl status cron"
    bunker_changed
fi
