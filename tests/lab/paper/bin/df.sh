#!/bin/sh
# A stand-in for df on a paper host: a disk of 80 GB, filled as the file `disk` of the host's folder says
# (per cent), and full while the host's fault `disk-full` holds. The mount point and the rest are the real df's.
used=$(cat "$BUNKER_LAB_HOST/disk" 2>/dev/null || echo 54)
[ -e "$BUNKER_LAB_HOST/disk-full" ] && used=100
real=/bin/df; [ -x "$real" ] || real=/usr/bin/df
case " $* " in
*--output*) exec "$real" "$@" ;;
esac
unit=1
case " $* " in
*" -B1 "* | *" -B 1 "* | *--block-size=1" "*) unit=1024 ;;
esac
"$real" "$@" | awk -v used="$used" -v unit="$unit" '
    NR == 1 || NF < 6 { print; next }
    /-i/ { print; next }
    { total = 83886080 * unit; full = total / 100 * used
      printf "%s %.0f %.0f %.0f %d%% %s\n", $1, total, full, total - full, used, $NF }'
