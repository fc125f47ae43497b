answer() { # INPUT
    { printf 'AUTH '; cat "$(bunker_input "$1")"; printf '\nPING\n'; } | docker compose exec -T "$service" redis-cli 2>&1
}
case $(answer new-1) in
*PONG*) ;;
*) bunker_fail "Redis does not answer with the new password" "look at it with docker compose logs $service; start the same rotation again: it goes on with the same new password" ;;
esac
case $(answer old-1) in
*PONG*) bunker_fail "Redis still answers with the old password" "it may ask for no password at all: look at its requirepass" ;;
esac
echo "Redis answers PONG with the new password and refuses the old"
