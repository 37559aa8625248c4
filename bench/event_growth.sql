-- WAL of an event, and the size of the table of users after 1,000,000 events in transactions of 100, with no vacuum
\pset footer off
CREATE PROCEDURE events_in_turn(events integer, users integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1 .. events LOOP
        INSERT INTO events (user_id, item_id) VALUES (1 + floor(users * random()), 1 + n % 1000);
        IF n % 100 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END
$$;
SET synchronous_commit = off;
VACUUM FULL holomamba.bench_users;
SELECT pg_relation_size('holomamba.bench_users') AS live, pg_indexes_size('holomamba.bench_users') AS live_index,
       (SELECT avg(pg_column_size(u)) FROM holomamba.bench_users u) AS row \gset
-- Then every page has been written since the last checkpoint.
CALL events_in_turn(100000, :users);
SELECT pg_current_wal_insert_lsn() AS before \gset
CALL events_in_turn(100000, :users);
SELECT round((pg_current_wal_insert_lsn() - :'before'::pg_lsn) / 100000) AS wal \gset
CALL events_in_turn(800000, :users);
\echo
\echo '| row of a user, bytes | WAL of an event, bytes | the same less the row | table of users, MB | after 1,000,000 events, MB | grown to | its index |'
\echo '| --- | --- | --- | --- | --- | --- | --- |'
SELECT format('| %s | %s | %s | %s | %s | %s times | %s times |', round(:row), :wal, round(:wal - :row),
              round(:live / 1e6, 1), round(pg_relation_size('holomamba.bench_users') / 1e6, 1),
              round(pg_relation_size('holomamba.bench_users') / :live::numeric, 2),
              round(pg_indexes_size('holomamba.bench_users') / :live_index::numeric, 2)) AS line \gset
\echo :line
SELECT count(*) AS wrong FROM holomamba.check_state('bench') \gset
\echo
\echo 'Users whose state differs from a replay of their events:' :wrong
