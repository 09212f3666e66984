#!/bin/sh
# Starts a Sentinel: sh start-sentinel.sh <sentinel.conf>
#
# The first start makes a copy in the data folder, with the passwords; from then on Sentinel writes there who is the master, who
# are the others, and what it has voted for, and the copy must outlive a restart.
set -eu

if [ ! -f sentinel.conf ]; then
  umask 077
  {
    cat "$1"
    # With one password for all, Sentinels use it among themselves.
    echo "requirepass $SENTINEL_PASSWORD"
    echo "sentinel auth-pass tidegate $REDIS_PASSWORD"
  } > sentinel.conf.new
  mv sentinel.conf.new sentinel.conf
fi
exec redis-server ./sentinel.conf --sentinel
