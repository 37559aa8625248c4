#!/usr/bin/env bash
# What is recommended where little is known: users with one to five events, and items that no event has named.
#
#   bench/cold_start.sh [SET [SEED]]    amazon-beauty (the default), ml-1m, ml-100k or movietweetings-100k; seed 42
#
# One tenth of the items (by the md5 of their ids) and one tenth of the users take no part in training: those items have no
# rows and no events then, and their rows are inserted afterwards, so that attributes are all that is known of them. The
# default options, once with attributes and once without.
#
# Users: their first 1 to 5 events by recommend_next(), the next one to be found among all items but those.
# Items: each trained user whose last event is of such an item; that item to be found among all such items by recommend().
# Without attributes they all have the same score: ties count against the model, so it finds none, and the table gives what
# a random order is expected to find instead: 1/n at each rank.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

set=${1:-amazon-beauty}
seed=${2:-42}
attribute=genres
min_count=1
[[ $set != amazon-beauty ]] || attribute=attribute_ids
[[ $set != ml-1m ]] || min_count=5

bench_server fsync=off synchronous_commit=off
bench_machine
echo "$set, seed $seed"
bench_load bench "$set" "$min_count"
server_psql -q -d bench -v attribute="$attribute" -v seed="$seed" -f bench/cold_start.sql
