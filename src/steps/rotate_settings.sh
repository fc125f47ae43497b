# $names: one a line. Inputs old-N and new-N.
env=$(readlink -f -- .env) && [ -f "$env" ] || bunker_fail "there is no .env in $dir" "deploy or configure the instance first"
next=$env.bunker-next
bunker_aside "$next"
i=0
for name in $names; do
    i=$((i + 1))
    old=$(bunker_input "old-$i") new=$(bunker_input "new-$i")
    # A short value may stand anywhere by chance; of one with several lines, only the first would be found.
    if [ "$(wc -c <"$old")" -lt 12 ] || [ "$(wc -l <"$old")" -ne 0 ]; then
        bunker_fail "the current value of $name is too short to be found safely in .env, or has several lines" "change it once by bunker vault set and bunker configure; nothing was changed for it"
    fi
    if LC_ALL=C grep -qF -f "$old" -- "$env"; then
        # Nobody else may read it until it takes over owner and mode. The values are read from files, never from arguments.
        (umask 077 && : >"$next")
        LC_ALL=C awk 'BEGIN { getline old < ARGV[1]; getline new < ARGV[2]; ARGV[1] = ""; ARGV[2] = "" }
            { out = ""; rest = $0
              while ((at = index(rest, old)) > 0) { out = out substr(rest, 1, at - 1) new; rest = substr(rest, at + length(old)) }
              print out rest }' "$old" "$new" "$env" >"$next" || { rm -f -- "$next"; bunker_fail "the new .env could not be written" "look at the disk; .env is as it was"; }
        if [ "$(id -u)" = 0 ]; then chown --reference="$env" -- "$next"; fi
        sync -- "$next" 2>/dev/null || sync
        chmod --reference="$env" -- "$next"
        mv -f -- "$next" "$env"
        bunker_changed
        echo "$name: changed in .env"
    elif LC_ALL=C grep -qF -f "$new" -- "$env"; then
        echo "$name: .env has the new value already"
    else
        bunker_fail ".env has neither the current nor the next value of $name" "somebody changed it on the host: bunker configure --check --diff shows where; the services run as before"
    fi
done
