# $names: one a line. Inputs old-N and new-N. $seen: sha256 of the file that the plan saw.
# $places: NAME VARIABLE, one a line, of names whose value another secret has too. $held: variables that hold any secret.
env=$(readlink -f -- .env) && [ -f "$env" ] || bunker_fail "there is no .env in $dir" "deploy or configure the instance first"
next=$env.bunker-next
bunker_aside "$next"
sum() { sha256sum <"$env" | cut -d' ' -f1; }
# The variables in which alone a name is changed; nothing where its value is its own.
places() { printf '%s\n' "$places" | sed -n "s/^$1 //p"; }
# change: .env with the new value in place of the old, in these variables, or in all lines where none is named; find: whether one
# of them has the old one; others: the other variables that have it.
lines() { # VARIABLES MODE OLD NEW
    LC_ALL=C awk -v of=" $(printf '%s' "$1" | tr '\n' ' ') " -v mode="$2" '
        BEGIN { getline old < ARGV[1]; if (mode == "change") getline new < ARGV[2]; ARGV[1] = ""; ARGV[2] = "" }
        { name = $0; sub(/^[ \t]*(export[ \t]+)?/, "", name); sub(/[ \t]*=.*/, "", name)
          mine = (of ~ /^ *$/ || index(of, " " name " ") > 0) }
        mode == "find" { if (mine && index($0, old) > 0) { print "there"; exit } next }
        mode == "others" { if (!mine && $0 !~ /^[ \t]*#/ && index($0, old) > 0) print (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ ? name : "a line that is no variable"); next }
        !mine { print; next }
        { out = ""; rest = $0
          while ((at = index(rest, old)) > 0) { out = out substr(rest, 1, at - 1) new; rest = substr(rest, at + length(old)) }
          print out rest }' "$3" "$4" "$env"
}
was=$(sum)
begun=
lacking=
i=0
for name in $names; do
    i=$((i + 1))
    old=$(bunker_input "old-$i") new=$(bunker_input "new-$i")
    of=$(places "$name")
    # A short value may stand anywhere by chance; of one with several lines, only the first would be found.
    if [ "$(wc -c <"$old")" -lt 12 ] || [ "$(wc -l <"$old")" -ne 0 ]; then
        bunker_fail "the current value of $name is too short to be found safely in .env, or has several lines" "change it once by bunker vault set and bunker configure; nothing was changed"
    fi
    if LC_ALL=C grep -qF -f "$new" -- "$env"; then
        begun=1
    elif [ -z "$(lines "$of" find "$old" "$new")" ]; then
        lacking="$lacking $name"
    fi
    if [ -n "$of" ]; then
        others=$(lines "$held" others "$old" "$new" | sort -u | tr '\n' ' ')
        [ -z "$others" ] || bunker_fail "$name has the same value as another secret, and it cannot be told whose it is in $others" "give one of the two secrets another value first, by bunker vault set and bunker configure; nothing was changed"
        continue
    fi
    j=0
    for other in $names; do
        j=$((j + 1))
        [ "$j" -lt "$i" ] || break
        if cmp -s -- "$old" "$(bunker_input "old-$j")"; then
            bunker_fail "$name has the same value as $other, and it is not known which variable of .env holds which" "change them one after the other, by bunker vault set and bunker configure; nothing was changed"
        fi
    done
done
if [ "$was" != "$seen" ] && [ -n "$seen" ] && [ -z "$begun" ]; then
    bunker_fail ".env is not the one that the plan saw; nothing was changed" "somebody changed it meanwhile: start the same rotation again, its plan shows what it meets"
fi
# All of them before any: a file with some of the new values would look like somebody's edit.
[ -z "$lacking" ] || bunker_fail ".env has neither the current nor the next value of$lacking" "somebody changed it on the host: bunker configure --check --diff shows where; the services run as before"
# There while a file is rewritten that nobody had edited before: what it is in the end is on record as ours.
ours=$state/env_rotating
if [ "$(cat "$state/env_applied.sha256" 2>/dev/null)" = "$was" ]; then : >"$ours"; elif [ -z "$begun" ]; then rm -f -- "$ours"; fi
i=0
for name in $names; do
    i=$((i + 1))
    old=$(bunker_input "old-$i") new=$(bunker_input "new-$i")
    of=$(places "$name")
    if [ -n "$(lines "$of" find "$old" "$new")" ]; then
        # Nobody else may read it until it takes over owner and mode. The values are read from files, never from arguments.
        (umask 077 && : >"$next")
        lines "$of" change "$old" "$new" >"$next" || { rm -f -- "$next"; bunker_fail "the new .env could not be written" "look at the disk; .env is as it was"; }
        if [ "$(id -u)" = 0 ]; then chown --reference="$env" -- "$next"; fi
        sync -- "$next" 2>/dev/null || sync
        chmod --reference="$env" -- "$next"
        mv -f -- "$next" "$env"
        bunker_changed
        echo "$name: changed in .env"
    elif LC_ALL=C grep -qF -f "$new" -- "$env"; then
        echo "$name: .env has the new value already"
    else
        bunker_fail "the current value of $name is a part of one that is changed with it" "start the same rotation again: it goes on with $name"
    fi
done
# The record of what was applied: of the variables that hold a new value, by the rule of our own fingerprints.
holding() {
    i=0
    for name in $names; do
        i=$((i + 1))
        LC_ALL=C grep -F -f "$(bunker_input "new-$i")" -- "$env" | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'
    done
}
fingerprint() { # VARIABLE
    value=$(sed -n "s/^$1=//p" "$env" | tail -n 1)
    case $value in \"*\" | \'*\') value=${value#?} value=${value%?} ;; esac
    # What would have to be read as Compose reads it is told as an edit later, rather than wrongly.
    case $value in *[\\\"\'\$\#]* | *' '*) return 1 ;; esac
    printf '%s\0%s' "$1" "$value" | sha256sum | cut -c1-16
}
if [ -f "$state/env_applied" ]; then
    new_names=$(holding | sort -u)
    while read -r name known; do
        if [ "${known#absent }" = "$known" ] && printf '%s\n' "$new_names" | grep -qx -- "$name"; then
            known=$(fingerprint "$name") || known=unknown
        fi
        printf '%s %s\n' "$name" "$known"
    done <"$state/env_applied" >"$BUNKER_JOB/env_applied"
    (umask 077 && cat "$BUNKER_JOB/env_applied" >"$state/env_applied.new") && mv -f -- "$state/env_applied.new" "$state/env_applied"
fi
if [ -e "$ours" ]; then
    sum >"$state/env_applied.sha256.new" && mv -f -- "$state/env_applied.sha256.new" "$state/env_applied.sha256"
    rm -f -- "$ours"
fi
