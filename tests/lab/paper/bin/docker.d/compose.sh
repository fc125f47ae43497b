# docker compose of the docker stand-in.

compose() {
    files= project_dir= project_name=
    while [ $# -gt 0 ]; do
        case $1 in
        -f | --file) case $2 in /*) f=$2 ;; *) f=$PWD/$2 ;; esac; files="$files $f"; shift ;;
        -p | --project-name) project_name=$2; shift ;;
        --project-directory) project_dir=$2; shift ;;
        --profile | --progress | --ansi | --env-file | --parallel) shift ;;
        --profile=* | --progress=* | --ansi=* | --env-file=* | --compatibility) ;;
        -*) break ;;
        *) break ;;
        esac
        shift
    done
    verb=${1-}
    [ $# -gt 0 ] && shift
    note "compose $verb"
    case $verb in
    version) case "$*" in *--short*) echo 2.26.1-4 ;; *json*) echo '{"version":"2.26.1-4"}' ;; *) echo 'Docker Compose version 2.26.1-4' ;; esac ;;
    config) project_open; compose_config "$@" ;;
    build) project_open; compose_build "$@" ;;
    up) project_open; compose_up "$@" ;;
    ps) project_open; compose_ps "$@" ;;
    images) project_open; compose_images "$@" ;;
    exec | run) project_open; compose_exec "$verb" "$@" ;;
    logs) project_open; compose_logs "$@" ;;
    ls) printf '[{"Name":"changemaker-lite","Status":"running(4)","ConfigFiles":"%s"}]\n' "$PWD/docker-compose.yml" ;;
    stop | down | kill | rm) project_open; compose_stop "$verb" "$@" ;;
    start | restart) project_open; compose_start "$verb" "$@" ;;
    pull) project_open; say ' api Skipped - No image to be pulled' ;;
    *) unknown ;;
    esac
}

compose_config() {
    case "$*" in
    *--services*) printf '%s\n' $services ;;
    *--hash*) for s in $services; do service "$s"; echo "$s $s_hash"; done ;;
    *--images*) for s in $services; do echo "$project-$s"; done ;;
    *--volumes*) echo db-data ;;
    *--profiles*) ;;
    *-q* | *--quiet*) ;;
    *json*)
        printf '{"name":"%s","services":{' "$project"
        comma=
        for s in $services; do service "$s"; printf '%s"%s":{"restart":"%s"}' "$comma" "$s" "$s_policy"; comma=,; done
        printf '}}\n' ;;
    *) echo "name: $project"; cat $files ;;
    esac
}

compose_build() {
    named=
    for a in "$@"; do case $a in -*) ;; *) named="$named $a" ;; esac; done
    wanted=$(chosen "$named")
    worktree
    n=0
    for s in $wanted; do
        n=$((n + 1))
        say "#$n [$s internal] load build definition from Dockerfile"
        say "#$n [$s] transferring dockerfile: 412B done"
        if [ -e "$BUNKER_LAB_HOST/disk-full" ]; then
            say "#$n ERROR: write /var/lib/docker/buildkit: no space left on device"
            die 17 'failed to solve: write /var/lib/docker/buildkit: no space left on device'
        fi
        if [ "$s" = api ]; then
            say "#$n [api 4/7] RUN sh api/build.sh"
            say "#$n 0.211 > changemaker-api build"
            say "#$n 0.212 > tsc -p tsconfig.json"
            sleep "$build_s"
            if [ "$w_behaviour" = broken-build ]; then
                say "#$n 0.391 src/mail/queue.ts(41,7): error TS2322: Type 'string | undefined' is not assignable to type 'string'."
                say "#$n 0.391 Found 1 error in src/mail/queue.ts:41"
                say "#$n ERROR: process \"/bin/sh -c sh api/build.sh\" did not complete successfully: exit code: 2"
                die 17 'failed to solve: process "/bin/sh -c sh api/build.sh" did not complete successfully: exit code: 2'
            fi
        fi
        id=$(build_id "$s")
        printf 'b_commit=%s\nb_version=%s\nb_behaviour=%s\n' "$w_commit" "$w_version" "$w_behaviour" | put "$root/builds/$id"
        say "#$n exporting to image"
        say "#$n writing image sha256:$id done"
        say "#$n naming to docker.io/library/$project-$s done"
        printf 'sha256:%s\n' "$id" | put "$root/images/$(image_file "$project-$s")"
    done
}

# Makes container $s as the compose file and its image say.
create() {
    read -r c_image_id <"$root/images/$(image_file "$project-$s")"
    . "$root/builds/${c_image_id#sha256:}"
    c_project=$project c_service=$s c_id=$(hexes 32) c_image=$project-$s c_hash=$s_hash c_created=$now
    c_finished=0 c_exit=0 c_restarts=0 c_policy=$s_policy c_check=$s_check
    c_commit=$b_commit c_version=$b_version c_behaviour=good
    [ "$s" = api ] && c_behaviour=$b_behaviour
    data_made
}

begin() {
    c_started=$now c_state=running c_finished=0 c_exit=0
    # A service that is never restarted is one that ends: here at once and well.
    [ "$c_policy" = no ] && c_state=exited c_finished=$now
    save
}

compose_up() {
    named= build=0 force=0 skip=0
    while [ $# -gt 0 ]; do
        case $1 in
        --build) build=1 ;;
        --force-recreate) force=1 ;;
        --wait-timeout | -t | --timeout | --pull | --scale) skip=1 ;;
        -*) ;;
        *) if [ $skip = 1 ]; then skip=0; else named="$named $1"; fi ;;
        esac
        shift
    done
    [ -e "$BUNKER_LAB_HOST/disk-full" ] && die 1 'Error response from daemon: mkdir /var/lib/docker/overlay2: no space left on device'
    [ $build = 1 ] && compose_build $named
    wanted=$(chosen "$named")
    for s in $wanted; do
        [ -e "$root/images/$(image_file "$project-$s")" ] || compose_build "$s"
    done
    now=$(date +%s)
    alone
    for s in $wanted; do
        service "$s"
        label=" Container $project-$s-1"
        if [ -e "$root/containers/$s" ]; then
            load "$root/containers/$s"
            read -r image <"$root/images/$(image_file "$project-$s")"
            if [ $force = 0 ] && [ "$c_hash" = "$s_hash" ] && [ "$c_image_id" = "$image" ]; then
                if [ "$c_state" = running ]; then say "$label  Running"; continue; fi
            else
                say "$label  Recreate"; create; say "$label  Recreated"
            fi
        else
            say "$label  Creating"; create; say "$label  Created"
        fi
        say "$label  Starting"; begin; say "$label  Started"
    done
    together
}

compose_ps() {
    all=0 quiet=0 format= names=0 named= only=
    while [ $# -gt 0 ]; do
        case $1 in
        -a | --all) all=1 ;;
        -q | --quiet) quiet=1 ;;
        -aq | -qa) all=1 quiet=1 ;;
        --services) names=1 ;;
        --format) format=$2; shift ;;
        --format=*) format=${1#*=} ;;
        --status | --filter) only=${2#status=}; all=1; shift ;;
        --status=* | --filter=status=*) only=${1##*=}; all=1 ;;
        --no-trunc | --orphans*) ;;
        -*) unknown ;;
        *) named="$named $1" ;;
        esac
        shift
    done
    for s in $(chosen "$named"); do
        [ -e "$root/containers/$s" ] || continue
        load "$root/containers/$s"
        [ $all = 1 ] || [ "$c_state" = running ] || continue
        [ -z "$only" ] || [ "$c_state" = "$only" ] || continue
        if [ $quiet = 1 ]; then echo "$c_id"
        elif [ $names = 1 ]; then echo "$s"
        else
            case $format in
            json | '{{json .}}') ps_json ;;
            '' | table) status; printf '%s   %s   %s   %s\n' "$c_name" "$c_image" "$s" "$c_status" ;;
            *) fill "$format" ;;
            esac
        fi
    done
    filled
}

compose_images() {
    comma=
    case "$*" in *json*) printf '[' ;; esac
    for s in $services; do
        [ -e "$root/containers/$s" ] || continue
        load "$root/containers/$s"
        case "$*" in
        *json*) printf '%s{"ID":"%s","ContainerName":"%s","Repository":"%s","Tag":"latest","Size":4200000}' "$comma" "$c_image_id" "$project-$s-1" "$c_image"; comma=, ;;
        *-q* | *--quiet*) echo "${c_image_id#sha256:}" ;;
        *) printf '%s   %s   latest   %.12s   4.2MB\n' "$project-$s-1" "$c_image" "${c_image_id#sha256:}" ;;
        esac
    done
    case "$*" in *json*) printf ']\n' ;; esac
}

compose_exec() {
    how=$1; shift
    entry=
    while [ $# -gt 0 ]; do
        case $1 in
        --entrypoint) entry="$2 "; shift ;;
        -e | --env | -u | --user | -w | --workdir | --index | -v | --volume | --name) shift ;;
        -*) ;;
        *) break ;;
        esac
        shift
    done
    s=${1-}; [ $# -gt 0 ] && shift
    chosen "$s" >/dev/null || exit 1
    if [ "$how" = exec ]; then
        { [ -e "$root/containers/$s" ] && load "$root/containers/$s" && [ "$c_state" = running ]; } ||
            die 1 "service \"$s\" is not running"
        commit=$c_commit
    else
        read -r image <"$root/images/$(image_file "$project-$s")" || die 1 "no image for $s"
        . "$root/builds/${image#sha256:}"
        commit=$b_commit
    fi
    case $s:$entry$* in
    api:'npx prisma migrate deploy') migrate deploy ;;
    api:'npx prisma migrate status') migrate status ;;
    api:'npx prisma db seed') echo 'The seed command has been executed.' ;;
    redis:redis-cli) redis_cli ;;
    db:sh*) db_shell "$@" ;;
    db:pg_dump*) echo '-- PostgreSQL database dump'; cat "$root/migrations" 2>/dev/null ;;
    db:pg_isready*) echo '/var/run/postgresql:5432 - accepting connections' ;;
    *:true) ;;
    *) unknown ;;
    esac
}

# Prisma's migrations of $commit against the list of those that were applied.
migrate() {
    touch "$root/migrations"
    echo 'Prisma schema loaded from prisma/schema.prisma'
    echo 'Datasource "db": PostgreSQL database "changemaker", schema "public" at "db:5432"'
    echo
    all=$(git -C "$dir" ls-tree --name-only -d "$commit" api/prisma/migrations/ | sed 's#.*/##')
    echo "$(echo "$all" | grep -c .) migrations found in prisma/migrations"
    echo
    pending=$(echo "$all" | grep -vxF -f "$root/migrations")
    [ -n "$pending" ] || { echo 'No pending migrations to apply.'; return 0; }
    if [ "$1" = status ]; then
        echo 'Following migrations have not yet been applied:'
        echo "$pending"
        return 1
    fi
    for name in $pending; do
        echo "Applying migration \`$name\`"
        if git -C "$dir" show "$commit:api/prisma/migrations/$name/migration.sql" | grep -q '^-- lab: fails'; then
            say 'Error: P3018'
            say
            say 'A migration failed to apply. New migrations cannot be applied before the error is recovered from.'
            say
            say "Migration name: $name"
            say 'Database error code: 42703'
            say 'ERROR: column "postal_code" of relation "Contact" does not exist'
            return 1
        fi
        alone; echo "$name" >>"$root/migrations"; together
    done
    echo
    echo 'All migrations have been successfully applied.'
}

compose_logs() {
    tail=all stamps=0 named= prefix=1 follow=0
    while [ $# -gt 0 ]; do
        case $1 in
        --tail | -n) tail=$2; shift ;;
        --tail=*) tail=${1#*=} ;;
        --since | --until) shift ;;
        -t | --timestamps) stamps=1 ;;
        --no-log-prefix) prefix=0 ;;
        -f | --follow) follow=1 ;;
        -*) ;;
        *) named="$named $1" ;;
        esac
        shift
    done
    for s in $(chosen "$named"); do
        [ -e "$root/containers/$s" ] || continue
        load "$root/containers/$s"
        if [ "$tail" = all ]; then log_lines; else log_lines | tail -n "$tail"; fi |
            { if [ $prefix = 1 ]; then sed "s/^/$s-1  | /"; else cat; fi; }
        [ $follow = 1 ] || continue
        # What is written from now on, of one service.
        n=$(log_lines | wc -l)
        while sleep 0.1; do
            log_lines | tail -n "+$((n + 1))" || return 0
            n=$(log_lines | wc -l)
        done
    done
}

compose_stop() {
    verb=$1; shift
    named=
    while [ $# -gt 0 ]; do case $1 in -t | --timeout | -s) shift ;; -*) ;; *) named="$named $1" ;; esac; shift; done
    wanted=$(chosen "$named")
    alone
    for s in $wanted; do
        [ -e "$root/containers/$s" ] || continue
        load "$root/containers/$s"
        if [ "$c_state" = running ]; then
            c_state=exited c_exit=0 c_finished=$now; save
            say " Container $project-$s-1  Stopped"
        fi
        case $verb in down | rm) rm "$root/containers/$s"; say " Container $project-$s-1  Removed" ;; esac
    done
    together
}

compose_start() {
    verb=$1; shift
    named=
    while [ $# -gt 0 ]; do case $1 in -t | --timeout) shift ;; -*) ;; *) named="$named $1" ;; esac; shift; done
    wanted=$(chosen "$named")
    alone
    for s in $wanted; do
        [ -e "$root/containers/$s" ] || continue
        load "$root/containers/$s"
        { [ "$verb" = start ] && [ "$c_state" = running ]; } && continue
        begin
        say " Container $project-$s-1  Started"
    done
    together
}
