# A backup counts when its manifest stands beside it, and the manifest is written last, whole or not at all. What a
# kill leaves behind has no manifest.
health() {
    command -v curl >/dev/null || { echo unknown; return 0; }
    if curl -fsS -m 5 -o /dev/null -- "$health_url" 2>/dev/null; then echo healthy; else echo unhealthy; fi
}
archives() { find "$backup_dir" -maxdepth 1 -type f ! -name '.*' ! -name '*.manifest.json' ! -name '*.broken' -printf '%T@ %s %f\n' 2>/dev/null | sort; }
rm -f -- "$backup_dir"/.bunker-manifest.*
# While it is being made, and where a kill ends that, a new file is no backup: until then nobody counts what lies between
# these times and has no manifest. A line that stays is of a backup that was killed; the process tells it from one of the
# same second.
making=$backup_dir/.bunker-making
mine="$(date +%s) $(($(date +%s) + hold_s)) $$"
[ ! -d "$backup_dir" ] || printf '%s\n' "$mine" >>"$making" || bunker_fail "nothing can be written into $backup_dir" "look at the free space and at the owner of that folder; nothing was changed"
made() {
    [ -e "$making" ] || return 0
    grep -vxF -- "$mine" "$making" >"$making.new" || :
    if [ -s "$making.new" ]; then mv -f -- "$making.new" "$making"; else rm -f -- "$making.new" "$making"; fi
}
archives >"$BUNKER_JOB/backups.before"
began=$(date +%s)
app_health=$(health)
rc=0
(umask 077 && sh -c "$backup_command") </dev/null || rc=$?
archives >"$BUNKER_JOB/backups.after"
comm -13 "$BUNKER_JOB/backups.before" "$BUNKER_JOB/backups.after" >"$BUNKER_JOB/backups.new"
line=$(grep -E '\.(tar|tgz|gz|zst|zip|age|gpg|dump)$' "$BUNKER_JOB/backups.new" | sort -n | tail -n 1) || :
[ -n "$line" ] || line=$(sort -n "$BUNKER_JOB/backups.new" | tail -n 1)
line=${line#* }
size=${line%% *}
name=${line#* }
file=$backup_dir/$name
# What cannot be restored from gets a name by which nobody takes it for a backup.
bad() {
    if [ -z "$name" ]; then
        made
    elif mv -f -- "$file" "$file.broken" 2>/dev/null; then
        echo "it is now $file.broken"
        made
    fi
    bunker_fail "$1; nothing was changed" "$2"
}
[ "$rc" = 0 ] || bad "the backup failed with exit code $rc" "see the output above; try it on the host: cd $dir && $backup_command"
[ -n "$name" ] || bad "the backup command succeeded, but there is no new file in $backup_dir" "check cml_backup_dir and cml_backup_command"
[ "$size" -gt 0 ] || bad "the backup $file is empty" "look at the free space and at the output above"
unread() { bad "the backup $file cannot be read to its end" "look at the free space and at the output above"; }
no_file() { bad "the backup $file holds no file" "look at the output above"; }
# tar takes an archive that was cut between two files for a whole one; a whole one ends with 1024 zeros.
ends() { [ "$(tail -c 1024 | tr -d '\000' | wc -c)" = 0 ] || unread; }
verified=true how="read to its end"
not_read() { verified=false how="not read: $1"; }
case $name in
*.tar.gz | *.tgz)
    gzip -t -- "$file" || unread
    tar -tzf "$file" >"$BUNKER_JOB/backup.list" || unread
    [ -s "$BUNKER_JOB/backup.list" ] || no_file
    gzip -dc -- "$file" | ends ;;
*.tar)
    tar -tf "$file" >"$BUNKER_JOB/backup.list" || unread
    [ -s "$BUNKER_JOB/backup.list" ] || no_file
    ends <"$file" ;;
*.gz) gzip -t -- "$file" || unread ;;
*.zst) if command -v zstd >/dev/null; then zstd -q -t -- "$file" || unread; else not_read "no zstd on the host"; fi ;;
*.zip) if command -v unzip >/dev/null; then unzip -q -t "$file" >/dev/null || unread; else not_read "no unzip on the host"; fi ;;
*) not_read "its kind is not known" ;;
esac
sum=$(sha256sum <"$file") || unread
sum=${sum%% *}
took=$(($(date +%s) - began))
release=$(tree_git rev-parse --verify HEAD 2>/dev/null) || release=unknown
sync -- "$file" 2>/dev/null || :
quoted=$(printf '%s' "$name" | sed 's/[\\"]/\\&/g')
manifest=$file.manifest.json
new=$backup_dir/.bunker-manifest.$$
{ (umask 077 && printf '{"archive":"%s","sha256":"%s","size":%s,"created":"%s","release":"%s","app":"%s","duration_s":%s,"run":"%s","verified":%s,"how":"%s"}\n' \
    "$quoted" "$sum" "$size" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$release" "$app_health" "$took" "$BUNKER_RUN" "$verified" "$how" >"$new") && sync -- "$new" && mv -f -- "$new" "$manifest"; } || {
    rm -f -- "$new"
    bunker_fail "the manifest of the backup $file could not be written, so it does not count; nothing was changed" "look at the free space"
}
made
if [ "$(id -u)" = 0 ]; then
    chown --reference="$backup_dir" -- "$file" "$manifest" 2>/dev/null || :
fi
printf '%s\n' "$file" >"$BUNKER_JOB/backup"
bunker_changed
bunker_tell backup-file "$file"
bunker_tell backup-bytes "$size"
bunker_tell backup-sha256 "$sum"
bunker_tell backup-verified "$verified"
echo "backup $name, $size bytes, sha256 $sum, $how, in $took s"
