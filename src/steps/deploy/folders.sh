tree_owner=$(stat -c %U -- "$dir")
folder() { # PATH MODE
    if [ ! -d "$1" ]; then
        if [ "$(id -u)" = 0 ]; then
            install -d -m "$2" -o "$tree_owner" -g "$(id -gn "$tree_owner")" -- "$1"
        else
            mkdir -p -- "$1" && chmod "$2" -- "$1"
        fi || bunker_fail "$1 could not be made" "look at the free space and at the rights of its parent"
        bunker_changed
        echo "made $1"
        return
    fi
    mode=$(stat -c %a -- "$1")
    if [ $((0$mode & 0077 & ~0$2)) != 0 ]; then
        chmod "$2" -- "$1"
        bunker_changed
        echo "$1 had mode $mode, now $2"
    fi
    if [ "$(id -u)" = 0 ] && [ "$(stat -c %U -- "$1")" != "$tree_owner" ]; then
        chown -- "$tree_owner:$(id -gn "$tree_owner")" "$1"
        bunker_changed
        echo "$1 belongs to $tree_owner now"
    fi
}
folder "$backup_dir" 700
