# The restore drill: the archive is unpacked aside and looked at. What an earlier drill left after a kill is removed first.
room=${TMPDIR:-/var/tmp}
for left in "$room"/bunker-drill-"$BUNKER_INSTANCE".*; do
    [ ! -d "$left" ] || { rm -rf -- "$left" && echo "removed what an earlier drill left: $left"; }
done
cd -- "$backup_dir" 2>/dev/null || bunker_fail "there is no folder $backup_dir" "check cml_backup_dir"
find . -maxdepth 1 -type f ! -name '.*' -name '*.manifest.json' -printf '%f\n' | while IFS= read -r manifest; do
    name=${manifest%.manifest.json}
    [ ! -f "$name" ] || printf '%s %s\n' "$(stat -c %Y -- "$name")" "$name"
done | sort -rn >"$BUNKER_JOB/drill.list"
[ -s "$BUNKER_JOB/drill.list" ] || bunker_fail "no backup in $backup_dir has a manifest" "make one: bunker backup $BUNKER_INSTANCE"
[ "$all" = 1 ] || { head -n 1 "$BUNKER_JOB/drill.list" >"$BUNKER_JOB/drill.one" && mv -f -- "$BUNKER_JOB/drill.one" "$BUNKER_JOB/drill.list"; }
aside=
clean() { [ -z "$aside" ] || rm -rf -- "$aside"; }
trap clean EXIT
trap 'exit 143' TERM INT HUP
drill() {
    name=$1 manifest=$1.manifest.json
    want=$(sed -n 's/.*"sha256":"\([0-9a-f]\{64\}\)".*/\1/p' "$manifest")
    sum=$(sha256sum <"$name") || bunker_fail "$backup_dir/$name cannot be read" "look at the disk of the host; make a new backup"
    [ "${sum%% *}" = "$want" ] || bunker_fail "$backup_dir/$name is not what its manifest says: its sha256 is ${sum%% *}, written down was ${want:-none}" "it was changed or damaged: make a new backup, and do not rely on this one"
    case $name in
    *.tar.gz | *.tgz) packed=z need=$(gzip -dc -- "$name" | wc -c) ;;
    *.tar) packed='' need=$(stat -c %s -- "$name") ;;
    *) echo "$name: its sha256 is right; its kind cannot be unpacked here"; return 0 ;;
    esac
    free=$(df -P -B1 "$room" | awk 'NR > 1 { print $4; exit }')
    [ "$free" -gt $((need + need / 10 + 16777216)) ] ||
        bunker_fail "$room has $((free / 1048576)) MiB free, unpacking $name needs $((need / 1048576 + need / 10485760 + 17)) MiB" "free some space; nothing was unpacked"
    aside=$(umask 077 && mktemp -d "$room/bunker-drill-$BUNKER_INSTANCE.XXXXXX") || bunker_fail "no folder could be made in $room" "look at the free space and the owner"
    tar -x${packed}f "$name" -C "$aside" --no-same-owner --no-same-permissions || bunker_fail "$backup_dir/$name cannot be unpacked" "see the output above; make a new backup"
    files=$(find "$aside" -type f | wc -l)
    bytes=$(find "$aside" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%d", n }')
    find "$aside" -type f -exec cat {} + >/dev/null || bunker_fail "a file of $name cannot be read" "see the output above; make a new backup"
    dump=$(find "$aside" -type f \( -name '*.sql' -o -name '*.dump' -o -name '*.sql.gz' \) | head -n 1)
    [ -n "$dump" ] || bunker_fail "$name holds no database dump (*.sql, *.sql.gz, *.dump)" "look at what cml_backup_command packs"
    [ -s "$dump" ] || bunker_fail "the database dump ${dump#"$aside"/} in $name is empty" "look at what cml_backup_command packs"
    case $dump in
    *.gz) gzip -t -- "$dump" || bunker_fail "the database dump ${dump#"$aside"/} in $name cannot be read to its end" "make a new backup" ;;
    *.dump) [ "$(head -c 5 "$dump")" = PGDMP ] || bunker_fail "${dump#"$aside"/} in $name is no dump of PostgreSQL" "look at what cml_backup_command packs" ;;
    *) head -c 65536 "$dump" | grep -aqiE '^(--|set |create |insert |copy |begin|select |/\*)' || bunker_fail "${dump#"$aside"/} in $name does not begin like SQL" "look at what cml_backup_command packs" ;;
    esac
    echo "$name: $files files, $bytes bytes, dump ${dump#"$aside"/} with $(stat -c %s -- "$dump") bytes; sha256 as written down"
    rm -rf -- "$aside"
    aside=
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    (umask 077 && sed -e 's/,"restored_aside":"[^"]*"//' -e "s/}\$/,\"restored_aside\":\"$now\"}/" "$manifest" >".bunker-manifest.$$") && chown --reference="$manifest" -- ".bunker-manifest.$$" && mv -f -- ".bunker-manifest.$$" "$manifest" ||
        { rm -f -- ".bunker-manifest.$$"; bunker_fail "the drill went well, but that could not be written into $manifest" "look at the free space"; }
    bunker_tell restored-aside "$now"
    bunker_tell drill-file "$backup_dir/$name"
    bunker_tell drill-files "$files"
    bunker_tell drill-bytes "$bytes"
    bunker_changed
}
while read -r at name; do drill "$name"; done <"$BUNKER_JOB/drill.list"
