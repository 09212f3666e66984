#!/bin/sh
# Starts a node: sh start-redis.sh <folder of the configuration> [<host> <port> of the master at the very beginning]
#
# Whose replica a node is stands in redis.conf in its data folder: written here once, then by Sentinel (CONFIG REWRITE). It must
# outlive a restart: a former master that came back as one would take the others along to what it had, and drop what came since.
# The shared files and the password come behind it on the command line, so they hold, whatever a rewrite has put into the node's
# own; only the user's line, which a rewrite makes of the password, would win, and is dropped.
set -eu

configuration=$1
umask 077
if [ -f redis.conf ]; then
  sed '/^user default /d' redis.conf > redis.conf.new
elif [ $# -ge 3 ]; then
  echo "replicaof $2 $3" > redis.conf.new
else
  : > redis.conf.new
fi
mv redis.conf.new redis.conf
exec redis-server ./redis.conf \
  --include "$configuration/redis.conf" --include "$configuration/replicated.conf" \
  --bind '*' '-::*' --port "${REDIS_PORT:-6379}" --maxmemory "${REDIS_MAXMEMORY:-2gb}" \
  --requirepass "$REDIS_PASSWORD" --masterauth "$REDIS_PASSWORD"
