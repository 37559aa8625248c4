# What is dumped, restored and upgraded: a database with two models of two versions each, one of them of a role of its own, with
# attributes and names that need quoting, and one that knows of its events when they were and of which kind; queries that tell all of it, to the byte; and events that come later.
package Live::Carried;
use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(create_models $recommendations $states $catalogue $wrong $more);

sub create_models
{
    my ($node) = @_;
    $node->safe_psql('postgres', 'CREATE ROLE shop; CREATE DATABASE original');
    $node->safe_psql('original', q{
        CREATE EXTENSION holomamba;
        CREATE SCHEMA "The Shop" AUTHORIZATION shop;
        SET ROLE shop;
        CREATE TABLE "The Shop"."Items" ("Key" text PRIMARY KEY, tags text[], price numeric);
        INSERT INTO "The Shop"."Items" SELECT 'item ' || i, ARRAY['tag ' || i % 3, 'all'], i FROM generate_series(1, 15) i;
        CREATE TABLE "The Shop"."Sales" ("User" uuid, "Item" text, "When" timestamptz, n integer);
        CREATE INDEX ON "The Shop"."Sales" ("User");
        INSERT INTO "The Shop"."Sales" SELECT md5(u::text)::uuid, 'item ' || 1 + (u * 5 + n * n) % 12, timestamptz '2026-01-01 00:00+00' + n * interval '1 day', n
        FROM generate_series(1, 8) u, generate_series(1, 8) n;
        SELECT holomamba.create_model('shop', '"The Shop"."Sales"', 'User', 'Item', '{When,n}', '"The Shop"."Items"', 'Key', '{tags,price}',
            '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}');
        RESET ROLE;
        CREATE TABLE plain (user_id integer, item_id integer, t integer);
        CREATE INDEX ON plain (user_id);
        INSERT INTO plain SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
        SELECT holomamba.create_model('plain', 'plain', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}');
        CREATE TYPE kind AS ENUM ('look', 'buy', 'give back');
        CREATE TABLE deeds (who integer, ware integer, at timestamptz, kind kind, "The Rating" real, n integer);
        CREATE INDEX ON deeds (who);
        INSERT INTO deeds SELECT u, 1 + (u * 5 + n * n) % 12, timestamptz '2026-01-01 00:00+00' + n * interval '1 day', (enum_range(NULL::kind))[1 + (u + n) % 3],
            CASE WHEN n % 4 > 0 THEN n % 4 END, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
        SELECT holomamba.create_model('deeds', 'deeds', 'who', 'ware', '{n}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}',
            time_column => 'at', event_attributes => '{kind,The Rating}', target_column => 'kind', target_values => '{buy,give back}', weight_column => 'n');
    });
    foreach my $call ("train('shop', holdout => 'leave_one_out')", "train('shop')", "train('plain')", "train('plain', options => '{\"seed\": 2}')",
        "train('deeds')")
    {
        $node->safe_psql('original', "CALL holomamba.$call");
    }
    $node->safe_psql('original', q{
        SELECT holomamba.activate('plain', 1);
        INSERT INTO plain VALUES (1, 3, 100), (100, 4, 1), (101, 999, 1), (2, 3, -1), (NULL, 1, 1);
        INSERT INTO "The Shop"."Sales" VALUES (md5('1')::uuid, 'item 3', '2026-03-01', 1);
        DELETE FROM plain WHERE user_id = 3 AND t > 4;
        INSERT INTO deeds VALUES (1, 3, '2026-02-01', 'look', 2.5, 9), (20, 3, NULL, NULL, NULL, 9);
    });
}

our $recommendations = q{
    SELECT 'plain', u::text, r.item_id::text, r.score FROM generate_series(0, 110) u, recommend(u, 100, 'plain', exclude_seen => u % 2 = 0, at => '2027-01-01') r
    UNION ALL SELECT 'shop', u::text, r.item_id, r.score FROM generate_series(0, 10) u, recommend(md5(u::text), 100, 'shop', at => '2027-01-01') r
    UNION ALL SELECT 'deeds', u::text, r.item_id::text, r.score FROM generate_series(0, 10) u, recommend(u, 100, 'deeds', exclude_seen => false, at => '2027-01-01') r
    UNION ALL SELECT 'similar', i::text, r.item_id::text, r.similarity FROM generate_series(1, 12) i, similar_items(i, 100, 'plain') r
    UNION ALL SELECT 'next', '', r.item_id::text, r.score FROM recommend_next('{1,2,3}'::bigint[], 100, 'plain', at => '2027-01-01') r
    ORDER BY 1, 2, 4 DESC, 3};
our $states = q{
    SELECT user_id::text, vector::text, state::text, events, to_jsonb(u) - 'user_id' - 'vector' - 'state' - 'events' FROM holomamba.plain_users u
    UNION ALL SELECT user_id::text, vector::text, state::text, events, to_jsonb(u) - 'user_id' - 'vector' - 'state' - 'events' FROM holomamba.shop_users u
    UNION ALL SELECT 'deeds ' || user_id, vector::text, state::text, events, to_jsonb(u) - 'user_id' - 'vector' - 'state' - 'events' FROM holomamba.deeds_users u ORDER BY 1};
# All rights on a table are one more since 17: to maintain it.
our $catalogue = q{
    SELECT 'model', to_jsonb(m)::text FROM holomamba.models m
    UNION ALL SELECT 'version', to_jsonb(v)::text FROM holomamba.versions v
    UNION ALL SELECT 'version', concat_ws(' ', model, version, timed, event_attributes, event_values) FROM holomamba.version_catalogue
    UNION ALL SELECT 'log', to_jsonb(l)::text FROM holomamba.training_log l
    UNION ALL SELECT 'vocabulary', to_jsonb(l)::text FROM holomamba.vocabulary l
    UNION ALL SELECT 'weights', md5(string_agg(model || version || name || shape::text || data::text, ',' ORDER BY model, version, name)) FROM holomamba.parameters
    UNION ALL SELECT 'items', to_jsonb(i)::text FROM holomamba.plain_items i
    UNION ALL SELECT 'items', to_jsonb(i)::text FROM holomamba.shop_items i
    UNION ALL SELECT 'relation', concat_ws(' ', relname, relowner::regrole, reloptions, replace(relacl::text, 'arwdDxtm', 'arwdDxt')) FROM pg_class WHERE relnamespace = 'holomamba'::regnamespace AND relkind IN ('r', 'v')
    UNION ALL SELECT 'column', concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attstorage, attnotnull) FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'holomamba'::regnamespace AND relkind = 'r') AND attnum > 0
    UNION ALL SELECT 'function', concat_ws(' ', oid::regprocedure, proowner::regrole, prosecdef, proconfig, proacl, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'holomamba'::regnamespace
    UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1, 2};
our $wrong = q{
    SELECT count(*) FROM (SELECT user_id, count(*) AS events, ssm_vector(ssm_update(ssm_initial('plain', (SELECT active_version FROM holomamba.models WHERE model = 'plain')),
                                    array_agg(i.token ORDER BY t))) AS vector
                          FROM plain LEFT JOIN holomamba.plain_items i USING (item_id) WHERE user_id IS NOT NULL GROUP BY user_id) r
    FULL JOIN holomamba.plain_users u USING (user_id) WHERE NOT coalesce(r.vector <-> u.vector < 1e-4, false) OR r.events <> u.events};
our $more = q{
    INSERT INTO plain VALUES (1, 5, 200), (200, 4, 1), (2, 3, -2), (5, 999, 300);
    UPDATE plain SET item_id = 1 WHERE user_id = 4 AND t = 4;
    DELETE FROM plain WHERE user_id = 6;
    INSERT INTO deeds VALUES (1, 3, '2026-03-01', 'buy', 1, 10);
    INSERT INTO deeds VALUES (2, 3, '2026-03-01', 'look', NULL, 10), (20, 4, '2026-03-01', 'give back', 'NaN', 10);
    UPDATE deeds SET kind = 'look', at = at - interval '1 hour' WHERE who = 3 AND n = 3;
    INSERT INTO "The Shop"."Sales" VALUES (md5('1')::uuid, 'item 5', '2026-04-01', 1), (md5('77')::uuid, 'item 5', '2026-04-01', 1);
    DELETE FROM "The Shop"."Items" WHERE "Key" = 'item 7';
};

1;
