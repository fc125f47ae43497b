# Git in the checkout, as the owner of the tree: root would leave files behind that the owner cannot touch, and
# would run whatever the owner's git configuration names. Hooks and transports that run programs are off.
tree_owner=$(stat -c %U -- "$dir")
tree_home=$(getent passwd "$tree_owner" 2>/dev/null | cut -d: -f6) || tree_home=
export GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh -o BatchMode=yes}"
export GIT_ALLOW_PROTOCOL=https:ssh:file
tree_git() {
    set -- git -c safe.directory="$dir" -c protocol.ext.allow=never -c core.hooksPath=/dev/null \
        -c core.fsmonitor=false -c advice.detachedHead=false -c gc.auto=0 -C "$dir" "$@"
    if [ "$(id -u)" = 0 ] && [ "$tree_owner" != root ] && [ "$tree_owner" != UNKNOWN ]; then
        runuser -u "$tree_owner" -- env HOME="${tree_home:-/}" "$@"
    else
        "$@"
    fi
}
