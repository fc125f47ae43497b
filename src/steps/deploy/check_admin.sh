good() { [ "$status" = 200 ] && printf '%s' "$body" | grep -qiE '<html|<!doctype html'; }
ask_until "$admin_url" good || bunker_fail "the admin page at $admin_url $(said), and not with a page" "look at docker compose logs admin in $dir; cml_local_admin_url says where it is"
echo "$admin_url loads: $(printf '%s' "$body" | sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' | head -n 1 | cut -c1-100)"
