# Images of the docker stand-in: images/NAME%TAG holds an id, builds/ID what was built into it.

# The file name of an image's name; the tag is latest where none is given.
image_file() {
    case $1 in *:*) name=$1 ;; *) name=$1:latest ;; esac
    printf '%s' "$name" | tr '/:' '@%'
}

image_id() {
    if [ -e "$root/images/$(image_file "$1")" ]; then cat "$root/images/$(image_file "$1")"; return 0; fi
    want=${1#sha256:}
    for f in "$root"/builds/"$want"*; do
        [ -n "$want" ] && [ -e "$f" ] && echo "sha256:$(basename "$f")" && return 0
    done
    return 1
}

image_tag() {
    id=$(image_id "$1") || die 1 "Error response from daemon: No such image: $1"
    alone
    printf '%s\n' "$id" | put "$root/images/$(image_file "$2")"
}

image_rm() {
    code=0
    alone
    for what in "$@"; do
        case $what in -*) continue ;; esac
        file=$root/images/$(image_file "$what")
        if [ -e "$file" ]; then
            rm "$file"; echo "Untagged: $what"
        else
            say "Error response from daemon: No such image: $what"; code=1
        fi
    done
    return $code
}

image_inspect() {
    format= code=0 names=
    while [ $# -gt 0 ]; do
        case $1 in
        -f | --format) format=$2; shift ;;
        --format=*) format=${1#*=} ;;
        *) names="$names $1" ;;
        esac
        shift
    done
    for what in $names; do
        id=$(image_id "$what") || { say "Error response from daemon: No such image: $what"; code=1; continue; }
        case $format in
        '') printf '[{"Id":"%s","RepoTags":["%s"]}]\n' "$id" "$what" ;;
        *'{{.Id}}'* | *'{{ .Id }}'* | *'{{.ID}}'*) printf '%s\n' "$id" ;;
        *'{{json .}}'*) printf '{"Id":"%s","RepoTags":["%s"]}\n' "$id" "$what" ;;
        *) unknown ;;
        esac
    done
    return $code
}

images_list() {
    format= quiet=0 full=0 wanted=
    while [ $# -gt 0 ]; do
        case $1 in
        --format) format=$2; shift ;;
        --format=*) format=${1#*=} ;;
        -q | --quiet) quiet=1 ;;
        -a | --all) ;;
        --no-trunc) full=1 ;;
        --filter) case $2 in reference=*) wanted=${2#reference=} ;; *) unknown ;; esac; shift ;;
        --filter=reference=*) wanted=${1#--filter=reference=} ;;
        -*) unknown ;;
        *) wanted=$1 ;;
        esac
        shift
    done
    for f in "$root"/images/*; do
        [ -e "$f" ] || continue
        name=$(basename "$f" | tr '@%' '/:')
        repo=${name%:*} tag=${name##*:}
        if [ -n "$wanted" ]; then
            case $name in $wanted) ;; *) case $repo in $wanted) ;; *) continue ;; esac ;; esac
        fi
        read -r id <"$f"
        short=$(printf '%.12s' "${id#sha256:}")
        [ $full = 1 ] && short=$id
        if [ $quiet = 1 ]; then echo "$short"; continue; fi
        case $format in
        '') printf '%s   %s   %s   2 days ago   4.2MB\n' "$repo" "$tag" "$short" ;;
        json | '{{json .}}') printf '{"Repository":"%s","Tag":"%s","ID":"%s","Size":"4.2MB"}\n' "$repo" "$tag" "$short" ;;
        *) printf '%s\n' "$format" | sed "s#{{ *\.Repository *}}#$repo#g; s#{{ *\.Tag *}}#$tag#g; s#{{ *\.ID *}}#$short#g; s#\\\\t#	#g" ;;
        esac
    done
}
