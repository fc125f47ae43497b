# Passwords of the data services of the docker stand-in, as the real images have them: that of Redis is the one that its
# container was made with; that of the database is set when it is made first, and by ALTER ROLE.

setting() { sed -n "s/^$1=//p" "$dir/.env" 2>/dev/null; }

# Container $s was made.
data_made() {
    case $s in
    redis) setting REDIS_PASSWORD >"$root/redis-password" ;;
    db) [ -e "$root/db-password" ] || setting POSTGRES_PASSWORD >"$root/db-password" ;;
    *) : ;;
    esac
}

# Answers commands of standard input: AUTH and PING.
redis_cli() {
    read -r password 2>/dev/null <"$root/redis-password" || password=
    known=0
    [ -n "$password" ] || known=1
    while read -r word value; do
        case $word in
        AUTH) if [ -n "$password" ] && [ "$value" = "$password" ]; then known=1; echo OK; else echo 'WRONGPASS invalid username-password pair or user is disabled.'; fi ;;
        PING) if [ $known = 1 ]; then echo PONG; else echo 'NOAUTH Authentication required.'; fi ;;
        *) echo "ERR unknown command '$word'" ;;
        esac
    done
}

# The shell lines of the database's container that a rotation sends.
db_shell() {
    case $3 in
    *PGPASSFILE*)
        given=$(cat)
        [ "$given" = "$(cat "$root/db-password")" ] || { say 'psql: error: FATAL:  password authentication failed for user "changemaker"'; return 2; } ;;
    *psql*)
        statement=$(cat)
        case $statement in "ALTER ROLE \"changemaker\" WITH PASSWORD '"*"';") ;; *) say 'ERROR:  syntax error'; return 3 ;; esac
        statement=${statement#*\'}
        printf '%s\n' "${statement%\';}" >"$root/db-password" ;;
    *'printf %s'*) printf changemaker ;;
    *) unknown ;;
    esac
}
