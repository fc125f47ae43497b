# Run as root inside a host: installs the stand-in application the way its README says.
# usage: sh -s REPOSITORY TAG DIR DOMAIN
set -eu
git clone --quiet --single-branch --branch "$2" -c advice.detachedHead=false "$1" "$3"
cd "$3"
DOMAIN=$4 API_BIND=0.0.0.0 ./config.sh
docker compose build
docker compose up -d
docker compose exec -T api npx prisma migrate deploy < /dev/null
for second in $(seq 60); do
    [ "$(docker compose ps --format '{{.Service}} {{.Health}}' | grep -c ' healthy$')" = 4 ] && break
    sleep 1
done
docker compose ps
./scripts/backup.sh
curl -fsS http://127.0.0.1:4000/api/health
