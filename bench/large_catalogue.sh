#!/usr/bin/env bash
# Training with large catalogues: every event scored against all items, and against sampled ones.
#
#   bench/large_catalogue.sh [ITEMS ...]    10000 50000 100000 1000000
#
#   WHOLE   the largest catalogue that is scored as a whole (100000)
#   EVENTS  events of a catalogue up to 100,000 items (300000); larger ones have three an item
#
# Made data: users with 30 events each and a taste (one of 100), three of four events among the items of that taste, popularity falling
# with the square of the item's number. Default options but for `negatives`, one epoch, the last event of each user held out, no
# validation. Prints seconds of the epoch, scaled to a million events; the peak of the backend's memory, shared buffers it
# touched included; how many of 1,000 users find their last event among their ten recommendations, seen items left out, and in how many of them
# ten items at random would hold it.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

(($# > 0)) || set -- 10000 50000 100000 1000000
whole=${WHOLE:-100000}
bench_server fsync=off synchronous_commit=off
bench_machine
printf '\n| items | negatives | events | s a million events | peak memory, MB | hit_rate@10 | at random |\n| --- | --- | --- | --- | --- | --- | --- |\n'
for items; do
    events=$((items > 100000 ? 3 * items : ${EVENTS:-300000}))
    as_server_user createdb -h "$server_work" -U postgres "catalogue_$items"
    server_psql -q -d "catalogue_$items" -v items="$items" -v users=$((events / 30)) -f bench/large_catalogue.sql
    for negatives in 0 4096; do
        ((negatives > 0 || items <= whole)) || continue
        # A session of its own, so that its peak is that of this training.
        server_run psql -X -q -A -t -v ON_ERROR_STOP=1 -d "catalogue_$items" -v negatives="$negatives" -v items="$items" -f - <<'SQL'
SET client_min_messages = warning;
CALL holomamba.train('bench', epochs => 1, options => jsonb_build_object('negatives', :negatives));
SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\s+(\d+)'))[1]::bigint / 1024 AS memory \gset
SELECT format('| %s | %s | %s | %s | %s | %s | %s |', to_char(:items, 'FM9,999,999'), CASE :negatives WHEN 0 THEN 'all items' ELSE :'negatives' END,
              to_char(v.events, 'FM9,999,999'), round((l.seconds * 1e6 / v.events)::numeric, 1), :memory,
              (SELECT round(avg((h.item_id IN (SELECT r.item_id FROM recommend(h.user_id, 10) r))::integer), 3) FROM held h), round(10.0 / :items, 5))
FROM holomamba.versions v JOIN holomamba.training_log l USING (model, version) WHERE v.active;
SQL
    done
    as_server_user dropdb -h "$server_work" -U postgres "catalogue_$items"
done
