PATH="$PATH:/usr/local/bin:/usr/sbin:/sbin"
if [ "$become" = 1 ] || [ "$(id -u)" = 0 ]; then state_root=/var/lib/bunker; else state_root=${HOME:-/nonexistent}/.local/state/bunker; fi
state=$state_root/instances/$instance
[ -f "$state/releases" ] || { echo none; exit 0; }
g() { git -c safe.directory='*' -c core.fsmonitor=false -c core.hooksPath=/dev/null -C "$dir" "$@" 2>/dev/null; }
echo present
tail -n 50 "$state/releases" | while read -r sha word at ref run; do printf 'release %s %s %s %s\n' "$sha" "$word" "$at" "$ref"; done
for sha in $(tail -n 50 "$state/releases" | cut -d' ' -f1 | sort -u); do
    short=$(printf '%.7s' "$sha")
    if ! g cat-file -e "$sha^{commit}"; then echo "gone $sha commit"; continue; fi
    if [ -s "$state/held/$short" ]; then
        while read -r image id held; do
            docker image inspect "$id" >/dev/null 2>&1 </dev/null || echo "gone $sha image $held"
        done <"$state/held/$short"
    else
        echo "gone $sha images"
    fi
    for file in ${files:-docker-compose.yml compose.yml compose.yaml}; do
        g show "$sha:$file" | grep -oE '\$\{[A-Za-z_][A-Za-z0-9_]*:?\?' | tr -d '${:?' | sort -u | while read -r name; do
            grep -qE "^[[:space:]]*(export[[:space:]]+)?$name=[[:space:]]*[^[:space:]#]" "$dir/.env" || echo "lacks $sha $name"
        done
    done
    g diff --name-only --diff-filter=A "$sha" HEAD -- "$migrations" | sed -n 's|/[^/]*$||; s|.*/||p' | sort -u | while read -r name; do echo "crosses $sha $name"; done
done
