#!/bin/sh
# A PostgreSQL in a folder, of Debian's account "postgres": sh tests/cluster/postgres.sh start FOLDER PORT, as root;
# then restart FOLDER and stop FOLDER. Its database is postgresql://postgres@127.0.0.1:PORT/postgres, without a password.
set -e
what=$1
folder=$2
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
as="setpriv --reuid=postgres --regid=postgres --clear-groups"
cd /

if [ "$what" = start ]; then
    mkdir -p "$folder"
    chown postgres "$folder"
    $as initdb --pgdata="$folder/data" --auth=trust --no-sync >"$folder/initdb.log"
    $as pg_ctl --pgdata="$folder/data" --log="$folder/postgres.log" --wait --timeout=300 start \
        --options="-h 127.0.0.1 -p $3 -k '$folder'" >/dev/null
elif [ "$what" = restart ]; then
    $as pg_ctl --pgdata="$folder/data" --log="$folder/postgres.log" --wait --timeout=300 --mode=fast restart >/dev/null
else
    $as pg_ctl --pgdata="$folder/data" --wait --timeout=300 --mode=immediate stop >/dev/null
fi
