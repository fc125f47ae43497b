#!/bin/sh
# Answers one HTTP request on standard input.
set -u
cd /app
read -r method path _ || exit 0
length=0
while read -r header value; do
    value=${value%?}
    case $header in
        [Cc]ontent-[Ll]ength:) length=$value ;;
        ''|'
'|"$(printf '\r')") break ;;
    esac
done
reply() { # status type body
    printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
        "$1" "$2" "${#3}" "$3"
}
json() { reply "$1" application/json "$2"; }
commit=$(cat commit)
version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' package.json)
case "$method ${path%%\?*}" in
    "GET /api/health"|"HEAD /api/health")
        if [ "$(cat release/behaviour)" = unhealthy ]; then
            json "503 Service Unavailable" \
                "{\"status\":\"error\",\"version\":\"$version\",\"commit\":\"$commit\",\"error\":\"the mail queue does not answer\"}"
        else
            json "200 OK" "{\"status\":\"ok\",\"version\":\"$version\",\"commit\":\"$commit\"}"
        fi ;;
    "POST /api/auth/login")
        body=$(head -c "$length")
        case $body in
            *"\"$ADMIN_EMAIL\""*"\"$ADMIN_PASSWORD\""*)
                json "200 OK" "{\"token\":\"$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')\"}" ;;
            *) json "401 Unauthorized" '{"error":"wrong e-mail or password"}' ;;
        esac ;;
    "GET /metrics")
        reply "200 OK" "text/plain; version=0.0.4" "$(sh api/metrics.sh)
" ;;
    *) json "404 Not Found" '{"error":"not found"}' ;;
esac
