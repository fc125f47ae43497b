# The login user: $user, and $login, as whom the control machine comes in.
if ! id -u "$user" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash -- "$user" || bunker_fail "user $user could not be made" "see the output above"
    passwd --quiet --lock -- "$user" >/dev/null || :
    bunker_changed
    echo "made user $user"
fi
# Whose crontab makes the backup needs Docker too.
for name in "$user" "$login"; do
    if [ "$name" = root ] || id -nG "$name" | tr ' ' '\n' | grep -qx docker; then continue; fi
    usermod --append --groups docker -- "$name" || bunker_fail "$name could not be put into the group docker" "see the output above"
    bunker_changed
    echo "$name is in the group docker now"
done
if ! sudo -n -l -U "$user" 2>/dev/null | grep -q 'NOPASSWD: ALL'; then
    printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$user" >"$BUNKER_JOB/sudoers"
    visudo -q -c -f "$BUNKER_JOB/sudoers" || bunker_fail "sudo does not take a rule for $user" "see the output above"
    place "/etc/sudoers.d/bunker-$user" 440 <"$BUNKER_JOB/sudoers" || :
fi
home=$(getent passwd "$user" | cut -d : -f 6)
keys=$home/.ssh/authorized_keys
if [ ! -s "$keys" ] && [ "$login" != "$user" ]; then
    from=$(getent passwd "$login" | cut -d : -f 6)/.ssh/authorized_keys
    if [ -s "$from" ]; then
        install -d -m 0700 -o "$user" -g "$(id -gn "$user")" -- "$home/.ssh"
        install -m 0600 -o "$user" -g "$(id -gn "$user")" -- "$from" "$keys"
        bunker_changed
        echo "whoever logs in as $login may log in as $user"
    fi
fi
echo "$user: $(id -nG "$user")"
