#!/bin/sh
# A stand-in for docker and docker compose on a paper host. It is not Docker: no image is built and no container runs.
# It keeps the state of one stack as files below $BUNKER_LAB_HOST/docker, answers in Docker's formats (Docker 26.1,
# Compose 2.26), and logs each call to docker/calls as VERB|ARGUMENTS. A call that it cannot do says so, ends with 64
# and is kept in docker/unknown.
#
# Files in the host's folder that change how it behaves: build_seconds (1), slow_seconds (4), disk-full.
set -u
LC_ALL=C
export LC_ALL
root=$BUNKER_LAB_HOST/docker
lib=${0%/*}/docker.d
[ -d "$root/builds" ] || mkdir -p "$root/containers" "$root/images" "$root/builds"
read -r build_s 2>/dev/null <"$BUNKER_LAB_HOST/build_seconds" || build_s=1
read -r slow_s 2>/dev/null <"$BUNKER_LAB_HOST/slow_seconds" || slow_s=4
now=$(date +%s)
arguments=$*

say() { printf '%s\n' "$*" >&2; }
die() { code=$1; shift; say "$*"; exit "$code"; }
note() { printf '%s|%s\n' "$1" "$arguments" >>"$root/calls"; }
unknown() {
    printf '%s\n' "$arguments" >>"$root/unknown"
    die 64 "docker stand-in: cannot do: docker $arguments"
}
# Changes of the state happen one after the other.
alone() { exec 8>"$root/lock"; flock 8; }
together() { exec 8>&-; }
# Writes standard input to a file in one go.
put() { cat >"$1.$$" && mv "$1.$$" "$1"; }
hexes() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
# Unix seconds as a UTC time, in ts: YYYY-MM-DDTHH:MM:SS. Without starting a program: it is asked often.
stamp() {
    days=$(($1 / 86400)) rest=$(($1 % 86400))
    z=$((days + 719468)) era=$(((days + 719468) / 146097))
    doe=$((z - era * 146097))
    yoe=$(((doe - doe / 1460 + doe / 36524 - doe / 146096) / 365))
    doy=$((doe - (365 * yoe + yoe / 4 - yoe / 100)))
    mp=$(((5 * doy + 2) / 153)) day=$((doy - (153 * ((5 * doy + 2) / 153) + 2) / 5 + 1))
    month=$((mp < 10 ? mp + 3 : mp - 9))
    year=$((yoe + era * 400 + (month <= 2)))
    hour=$((rest / 3600)) minute=$((rest % 3600 / 60)) second=$((rest % 60))
    for two in month day hour minute second; do
        eval "[ \"\$$two\" -gt 9 ] || $two=0\$$two"
    done
    ts=$year-$month-${day}T$hour:$minute:$second
}

. "$lib/containers.sh"
. "$lib/images.sh"
. "$lib/inspect.sh"
. "$lib/project.sh"
. "$lib/compose.sh"
. "$lib/data.sh"

case ${1-} in
compose) shift; compose "$@" ;;
version | --version | -v)
    note version
    case "$*" in
    *Server.Version* | *Client.Version*) echo 26.1.5 ;;
    *json*) echo '{"Client":{"Version":"26.1.5+dfsg1"},"Server":{"Version":"26.1.5+dfsg1"}}' ;;
    *) echo 'Docker version 26.1.5+dfsg1, build a72d7cd' ;;
    esac ;;
info)
    note info
    case "$*" in *json*) echo '{"ServerVersion":"26.1.5+dfsg1","DockerRootDir":"/"}' ;;
    *ServerVersion*) echo 26.1.5+dfsg1 ;;
    *DockerRootDir*) echo "$root" ;;
    *) echo 'Server Version: 26.1.5+dfsg1' ;; esac ;;
ps) shift; note ps; containers_list "$@" ;;
container)
    verb=${2-}; shift; [ $# -gt 0 ] && shift
    case $verb in
    ls | ps | list) note ps; containers_list "$@" ;;
    inspect) note inspect; inspect "$@" ;;
    logs) note logs; container_logs "$@" ;;
    *) note "container $verb"; unknown ;;
    esac ;;
inspect) shift; note inspect; inspect "$@" ;;
logs) shift; note logs; container_logs "$@" ;;
volume)
    note "volume ${2-}"
    case ${2-} in
    ls) if [ -e "$root/containers/db" ] || [ -e "$root/volumes" ]; then echo changemaker-lite_db-data; fi ;;
    *) unknown ;;
    esac ;;
images) shift; note 'image ls'; images_list "$@" ;;
tag) shift; note 'image tag'; image_tag "$@" ;;
rmi) shift; note 'image rm'; image_rm "$@" ;;
image)
    verb=${2-}; shift; [ $# -gt 0 ] && shift
    case $verb in
    ls | list) note 'image ls'; images_list "$@" ;;
    tag) note 'image tag'; image_tag "$@" ;;
    rm | remove) note 'image rm'; image_rm "$@" ;;
    inspect) note 'image inspect'; image_inspect "$@" ;;
    prune) note 'image prune'; echo 'Total reclaimed space: 0B' ;;
    *) note "image $verb"; unknown ;;
    esac ;;
*) note "${1-}"; unknown ;;
esac
