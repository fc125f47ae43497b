# Packages by apt, without a question.
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
apt() { apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null; }
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }
# Packages that dpkg says must be installed anew, since it was ended while it unpacked them.
torn() { dpkg-query -W -f '${db:Status-Eflag} ${binary:Package}\n' 2>/dev/null | sed -n 's/^reinstreq //p' | paste -sd ' ' -; }
# What dpkg has noted down aside and not taken into its records, since it was ended before. apt does not begin before that.
noted() { ls /var/lib/dpkg/updates 2>/dev/null | grep -q '^[0-9]'; }
# Installs those of the packages that are missing.
packages() { # PACKAGE...
    if [ -n "$(dpkg --audit 2>/dev/null)" ] || noted; then
        echo "an installation was cut off: going on with it"
        # It takes its notes first, whatever becomes of the rest here: dpkg configures nothing before what it had unpacked in
        # part is unpacked anew.
        ! noted || dpkg --configure -a </dev/null || echo "dpkg has taken its notes; what it could not configure above is mended next"
        torn=$(torn)
        if [ -n "$torn" ]; then
            echo "unpacked in part, so installed anew: $torn"
            apt update || bunker_fail "apt-get update failed" "see the output above: the network, the clock, or the sources of apt"
            # shellcheck disable=SC2086
            apt install -y --no-install-recommends --no-remove --reinstall $torn || bunker_fail "apt-get could not install anew what was unpacked in part: $torn" "run apt-get install --reinstall $torn on the host"
        fi
        dpkg --configure -a </dev/null || bunker_fail "dpkg cannot go on with an installation that was cut off" "run dpkg --configure -a on the host"
        bunker_changed
    fi
    lacking=
    for package in "$@"; do installed "$package" || lacking="$lacking $package"; done
    if [ -z "$lacking" ]; then
        echo "installed already: $*"
        return 0
    fi
    if command -v cloud-init >/dev/null; then cloud-init status --wait </dev/null || :; fi
    apt update || bunker_fail "apt-get update failed" "see the output above: the network, the clock, or the sources of apt"
    # shellcheck disable=SC2086
    apt install -y --no-install-recommends $lacking || bunker_fail "apt-get could not install:$lacking" "see the output above; this step can be tried again as it is"
    bunker_changed
}
