# The answer holds a token: it stays in this shell.
token() { case $body in *oken'":"'[!\"]* | *oken'": "'[!\"]*) return 0 ;; *) return 1 ;; esac; }
good() { case $status in 20[01]) token ;; 40[0-9]) return 0 ;; *) return 1 ;; esac; }
ask_until "$login_url" good "$(bunker_input login)" || bunker_fail "the login at $login_url $(said), without a token" "look at docker compose logs api in $dir; cml_login_path says where it is"
case $status in
20[01]) ;;
*) bunker_fail "the login of $email at $login_url was refused: $status" "the password in the vault (vault_admin_password) is not the one that the instance was seeded with, or cml_admin_email is another" ;;
esac
body=
echo "$email can log in"
