archives() { find "$backup_dir" -maxdepth 1 -type f ! -name '.*' -printf '%T@ %s %f\n' 2>/dev/null | sort; }
archives >"$BUNKER_JOB/backups.before"
rc=0
(umask 077 && sh -c "$backup_command") </dev/null || rc=$?
[ "$rc" = 0 ] || bunker_fail "the backup failed with exit code $rc; nothing was changed" "see the output above; try it on the host: cd $dir && $backup_command"
archives >"$BUNKER_JOB/backups.after"
comm -13 "$BUNKER_JOB/backups.before" "$BUNKER_JOB/backups.after" >"$BUNKER_JOB/backups.new"
line=$(grep -E '\.(tar|tgz|gz|zst|zip|age|gpg|dump)$' "$BUNKER_JOB/backups.new" | sort -n | tail -n 1) || :
[ -n "$line" ] || line=$(sort -n "$BUNKER_JOB/backups.new" | tail -n 1)
[ -n "$line" ] || bunker_fail "the backup command succeeded, but there is no new file in $backup_dir; nothing was changed" "check cml_backup_dir and cml_backup_command"
line=${line#* }
size=${line%% *}
name=${line#* }
file=$backup_dir/$name
[ "$size" -gt 0 ] || bunker_fail "the backup $file is empty; nothing was changed" "look at the free space and at the output above"
unread() { bunker_fail "the backup $file cannot be read to its end; nothing was changed" "look at the free space and at the output above"; }
verified="read to its end"
case $name in
*.tar.gz | *.tgz)
    gzip -t -- "$file" || unread
    tar -tzf "$file" >"$BUNKER_JOB/backup.list" || unread
    [ -s "$BUNKER_JOB/backup.list" ] || bunker_fail "the backup $file holds no file; nothing was changed" "look at the output above" ;;
*.tar)
    tar -tf "$file" >"$BUNKER_JOB/backup.list" || unread
    [ -s "$BUNKER_JOB/backup.list" ] || bunker_fail "the backup $file holds no file; nothing was changed" "look at the output above" ;;
*.gz) gzip -t -- "$file" || unread ;;
*.zst) if command -v zstd >/dev/null; then zstd -q -t -- "$file" || unread; else verified="not read: no zstd on the host"; fi ;;
*.zip) if command -v unzip >/dev/null; then unzip -q -t "$file" >/dev/null || unread; else verified="not read: no unzip on the host"; fi ;;
*) verified="not read: its kind is not known" ;;
esac
sum=$(sha256sum <"$file") || unread
sum=${sum%% *}
if [ "$(id -u)" = 0 ]; then
    chown --reference="$backup_dir" -- "$file" 2>/dev/null || :
fi
printf '%s\n' "$file" >"$BUNKER_JOB/backup"
bunker_changed
bunker_tell backup-file "$file"
bunker_tell backup-bytes "$size"
bunker_tell backup-sha256 "$sum"
echo "backup $name, $size bytes, sha256 $sum, $verified"
