# Prints .env and nothing else. Exit 3: there is no checkout; 4: there is no .env; 5: it cannot be read; 6: too large.
cd -- "$dir" 2>/dev/null || exit 3
[ -f .env ] || exit 4
[ -r .env ] || exit 5
[ "$(wc -c <.env)" -le 1000000 ] || exit 6
cat .env
