# Steps that set up the server itself: as root, in no checkout.
[ "$(id -u)" = 0 ] || bunker_fail "the server is set up as root, and this is $(id -un)" "set ansible_become: true, or leave it out: --skip-tags common"
export LC_ALL=C
os_id=$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null | tr -d '"')
os_version=$(sed -n 's/^VERSION_ID=//p' /etc/os-release 2>/dev/null | tr -d '"')
os="$os_id $os_version"
case $os in
"ubuntu 24.04" | "debian 12" | "debian 13") ;;
*) bunker_fail "this server is ${os:-no known system}, and Ubuntu 24.04, Debian 12 and Debian 13 are supported" "set Docker and the firewall up by hand, then deploy with --skip-tags common" ;;
esac
has_systemd() { [ -d /run/systemd/system ]; }
# Writes standard input to a file as root:root MODE, whole or not at all. Says changed only where it differs.
place() { # PATH MODE
    cat >"$BUNKER_JOB/placed"
    if cmp -s -- "$BUNKER_JOB/placed" "$1" && [ "$(stat -c '%a %U' -- "$1")" = "$2 root" ]; then
        return 1
    fi
    mkdir -p -- "${1%/*}"
    install -m "$2" -o root -g root -- "$BUNKER_JOB/placed" "$1.bunker-new"
    mv -f -- "$1.bunker-new" "$1"
    bunker_changed
    echo "wrote $1"
}
