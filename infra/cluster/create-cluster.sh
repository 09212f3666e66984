#!/bin/sh
# Makes a cluster of fresh nodes, one replica for each master, unless the first node is in one already. May be run again:
# what a run that was cut off has begun, redis-cli refuses to build upon, and --cluster fix mends.
#
#   REDISCLI_AUTH=<password> sh create-cluster.sh host:port host:port …
set -eu

first=$1
ask() { redis-cli -e -h "${first%:*}" -p "${first##*:}" "$@"; }

if [ "$(ask cluster info | tr -d '\r' | sed -n 's/^cluster_slots_assigned://p')" != 16384 ]; then
  redis-cli --cluster create "$@" --cluster-replicas 1 --cluster-yes
fi
# Until every node has heard of it.
until ask cluster info | tr -d '\r' | grep -qx 'cluster_state:ok'; do sleep 1; done
