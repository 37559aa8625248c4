#!/usr/bin/env bash
# What a training costs beside its arithmetic: memory, as estimated and as taken, and the checkpoint of every epoch.
#
#   DATASETS="ml-1m amazon-beauty"   which (needs DATA, see common.sh)
#
# Memory is that of the default options, half a minute into the first epoch, without the server's shared buffers. Checkpoints do not depend on how long an epoch
# is, so they are measured over short ones (each user's last 10 events). Prints a Markdown table, in two or three minutes.
set -euo pipefail

# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"
trap server_cleanup EXIT
bench_server log_min_messages=notice

bench_machine
echo
echo '| data | memory, estimated | taken, MB | checkpoint with its data, MB | WAL an epoch, MB | seconds an epoch for it |'
echo '| --- | --- | --- | --- | --- | --- |'
for dataset in ${DATASETS:-ml-1m amazon-beauty}; do
    database=${dataset//-/_}
    bench_load "$database" "$dataset" 5
    server_psql -qAt -d "$database" >"$server_work/result" <<'SQL'
SET client_min_messages = warning;
SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id') \g /dev/null
SELECT holomamba.start_training('m') AS job \gset
DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM holomamba.checkpoints) LOOP PERFORM pg_sleep(0.1); COMMIT; END LOOP; END $$;
SELECT pg_sleep(30) \g /dev/null
SELECT (regexp_match(pg_read_file('/proc/' || holomamba_internal.training_pid(:job) || '/status'), 'RssAnon:\s+(\d+)'))[1]::bigint / 1000;
SELECT holomamba.cancel_training(:job) \g /dev/null
SELECT holomamba.start_training('m', 1000, options => '{"windows": "last", "max_history": 10}') AS job \gset
CREATE FUNCTION wait_for(epochs integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN WHILE coalesce((SELECT max(epoch) FROM holomamba.training_log WHERE version = 2), 0) < epochs LOOP PERFORM pg_sleep(0.02); END LOOP; END $$;
SELECT wait_for(1) \g /dev/null
SELECT pg_current_wal_lsn() AS before \gset
SELECT round(sum(length(data)) / 1e6, 1) FROM holomamba.checkpoints WHERE version = 2;
SELECT wait_for(6) \g /dev/null
SELECT round((pg_current_wal_lsn() - :'before') / 5e6, 1);
-- An epoch ends that much after the one before; what is not training is its checkpoint.
SELECT round(avg(extract(epoch FROM l.logged_at - b.logged_at) - l.seconds)::numeric, 3)
FROM holomamba.training_log l JOIN holomamba.training_log b ON b.version = l.version AND b.epoch = l.epoch - 1;
SELECT holomamba.cancel_training(:job) \g /dev/null
SQL
    mapfile -t result <"$server_work/result"
    estimate=$(grep -o 'about [0-9.]* [MG]B of memory' "$server_work/server.log" | tail -n 2 | head -n 1)
    echo "| $dataset | ${estimate% of memory} | ${result[0]} | ${result[1]} | ${result[2]} | ${result[3]} |"
done
