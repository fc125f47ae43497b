# Archives that have a verified manifest of ours, newest first. Nothing else is ever touched.
verified() {
    find "$backup_dir" -maxdepth 1 -type f ! -name '.*' -name '*.manifest.json' -printf '%f\n' 2>/dev/null | while IFS= read -r manifest; do
        name=${manifest%.manifest.json}
        grep -q '"verified":true' "$backup_dir/$manifest" || continue
        [ -f "$backup_dir/$name" ] && [ ! -L "$backup_dir/$name" ] || continue
        # A file that is no longer as long as its manifest says is no backup that others may be deleted for.
        size=$(sed -n 's/.*"size":\([0-9]*\),.*/\1/p' "$backup_dir/$manifest")
        [ "$(stat -c %s -- "$backup_dir/$name")" = "$size" ] || continue
        printf '%s %s\n' "$(stat -c %Y -- "$backup_dir/$name")" "$name"
    done | sort -rn
}
old() {
    limit=$(($(date +%s) - keep_days * 86400))
    n=0
    verified | while read -r at name; do
        n=$((n + 1))
        [ "$n" -gt "$keep_min" ] && [ "$at" -lt "$limit" ] || continue
        printf '%s\n' "$name"
    done
}
