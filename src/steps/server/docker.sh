# Docker and Compose v2 as this OS has them. What is there already stays, whoever installed it. $compose_url,
# $compose_sha256 and $mirror are set.
if ! command -v docker >/dev/null || ! command -v dockerd >/dev/null; then
    case $os in
    "debian 13") packages docker.io docker-cli iptables ;;
    *) packages docker.io iptables ;;
    esac
fi
compose() { docker compose version --short </dev/null 2>/dev/null; }
if ! version=$(compose); then
    case $os in
    "ubuntu 24.04") packages docker-compose-v2 ;;
    "debian 13") packages docker-compose ;;
    *)
        [ -n "$compose_url" ] || bunker_fail "$os does not package Compose v2" \
            "set common_compose_url to the plugin's file (https://, or file:/// on the server) and common_compose_sha256; or install it by hand first: what is there stays"
        curl -fsSL --proto '=https,http,file' --max-time 600 -o "$BUNKER_JOB/docker-compose" -- "$compose_url" ||
            bunker_fail "Compose could not be fetched from $compose_url" "see the output above"
        sum=$(sha256sum "$BUNKER_JOB/docker-compose" | cut -d ' ' -f 1)
        [ "$sum" = "$compose_sha256" ] || bunker_fail "the file of $compose_url has SHA-256 $sum, and common_compose_sha256 is another" "look whether it is the right file before you change the sum"
        install -D -m 0755 -- "$BUNKER_JOB/docker-compose" /usr/local/lib/docker/cli-plugins/docker-compose
        bunker_changed ;;
    esac
    version=$(compose) || bunker_fail "docker compose does not answer after it was installed" "run docker compose version on the host"
fi
echo "$(docker --version), compose $version"
if [ -n "$mirror" ]; then
    python3 - "$mirror" "$BUNKER_JOB/daemon.json" <<'MERGE' || bunker_fail "/etc/docker/daemon.json is no JSON object" "mend it on the host"
import json, os, sys
path = "/etc/docker/daemon.json"
have = json.load(open(path)) if os.path.exists(path) and os.path.getsize(path) else {}
assert isinstance(have, dict)
mirrors = have.get("registry-mirrors") or []
if sys.argv[1] not in mirrors:
    have["registry-mirrors"] = [sys.argv[1], *mirrors]
    with open(sys.argv[2], "w") as new:
        json.dump(have, new, indent=2)
        new.write("\n")
MERGE
    if [ -s "$BUNKER_JOB/daemon.json" ] && place /etc/docker/daemon.json 644 <"$BUNKER_JOB/daemon.json"; then
        if has_systemd && systemctl is-active --quiet docker; then
            systemctl reload docker || bunker_fail "Docker does not take its new settings" "look at journalctl -u docker"
        fi
    fi
fi
if has_systemd; then
    if ! systemctl is-enabled --quiet docker || ! systemctl is-active --quiet docker; then
        systemctl enable --now docker || bunker_fail "Docker does not start" "look at journalctl -u docker"
        bunker_changed
    fi
fi
second=0
until docker info --format '{{.ServerVersion}}' </dev/null; do
    second=$((second + 1))
    [ "$second" -lt 60 ] || bunker_fail "Docker does not answer after a minute" "look at journalctl -u docker"
    sleep 1
done
