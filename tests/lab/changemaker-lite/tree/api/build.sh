#!/bin/sh
# Compiles the API, as far as a stand-in has to.
set -eu
behaviour=$(cat release/behaviour)
echo "> changemaker-api build"
echo "> tsc -p tsconfig.json"
if [ "$behaviour" = broken-build ]; then
    echo "src/mail/queue.ts(41,7): error TS2322: Type 'string | undefined' is not assignable to type 'string'." >&2
    echo "Found 1 error in src/mail/queue.ts:41" >&2
    exit 2
fi
