LC_ALL=C; LANG=C; PATH="$PATH:/usr/local/bin:/usr/sbin:/sbin"
export LC_ALL LANG PATH
part() {
    printf '\n%s begin %s\n' "$nonce" "$1"; shift
    { complaint=$("$@" 2>&1 >&3 3>&- </dev/null); rc=$?
      printf '\n%s rc %d\n%.2000s' "$nonce" "$rc" "$complaint" >&3; } 3>&1 | head -c 65536
    printf '\n%s end\n' "$nonce"
}
missing() {
    for tool in awk base64 date df find flock git head mktemp mv ps sed setsid sha256sum sort stat sync tail timeout; do
        command -v "$tool" >/dev/null 2>&1 || echo "$tool"
    done
}
manager() { if [ -d /run/systemd/system ]; then echo systemd; else echo none; fi; }
part user id -un
part missing missing
part manager manager
part docker docker version --format '{{.Server.Version}}'
part compose docker compose version --short
part git git --version
