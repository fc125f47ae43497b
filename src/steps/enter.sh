# Every step that works in the checkout begins here. $dir is set.
state=$BUNKER_STATE/instances/$BUNKER_INSTANCE
cd -- "$dir" 2>/dev/null || bunker_fail "there is no checkout at $dir" "set cml_dir to where the instance is"
