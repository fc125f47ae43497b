command -v fail2ban-client >/dev/null || bunker_fail "there is no fail2ban on the host" "deploy with --tags common"
fail2ban-client ping </dev/null || bunker_fail "fail2ban does not run" "look at systemctl status fail2ban, or deploy with --tags common"
fail2ban-client status sshd </dev/null || bunker_fail "fail2ban does not watch SSH" "deploy with --tags common"
