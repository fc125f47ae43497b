cd -- "$backup_dir" 2>/dev/null || { echo none; exit 0; }
echo present
for name in $(old | tr ' ' '?'); do printf 'old %s\n' "$name"; done
find . -maxdepth 1 -type f ! -name '.*' -name '*.manifest.json' -printf '%f\n' | sort | while IFS= read -r manifest; do
    [ -f "${manifest%.manifest.json}" ] || continue
    printf 'backup '
    head -c 2000 -- "$manifest" | head -n 1
done
