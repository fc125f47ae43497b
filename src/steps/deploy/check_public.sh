# Only tells: the way from outside (DNS, tunnel) may come later.
open=
for url in $public; do
    ask "$url"
    echo "$url $(said)"
    [ "$status" = 200 ] || open="$open $url $(said);"
done
[ -z "$open" ] || bunker_skip "not reached from outside yet:$open set up DNS or the tunnel"
