# Logical replication, both ways: a subscriber that computes the states from the events it gets, and one that gets the states.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$subscriber->start;

my $tables = q{
    CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer, item_id integer, t integer, note text);
    CREATE INDEX ON events (user_id);
    CREATE TABLE goods (item_id integer PRIMARY KEY, genre text);
    CREATE TABLE visits (id bigserial, user_id text, page uuid, t integer, PRIMARY KEY (id, t)) PARTITION BY RANGE (t);
    CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO (100);
    CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM (100) TO (MAXVALUE);
    CREATE INDEX ON visits (user_id);
};
my $rows = q{
    INSERT INTO goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 14) i;
    INSERT INTO events (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 10) u, generate_series(1, 8) n;
    INSERT INTO visits (user_id, page, t) SELECT 'v' || u, md5(((u * 5 + n * n) % 12)::text)::uuid, n FROM generate_series(1, 10) u, generate_series(1, 8) n;
};
my $models = q{
    CREATE EXTENSION holomamba;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t,id}', 'goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 2, "state_size": 2, "epochs": 1, "threads": 1}');
    SELECT holomamba.create_model('visits', 'visits', 'user_id', 'page', '{t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
};
# Users of both models whose states are not those of a replay
my $wrong = join ' UNION ALL ', map {
    my ($model, $table, $item) = @$_;
    "SELECT '$model', user_id::text FROM (SELECT e.user_id, count(*) AS events, ssm_update(ssm_initial('$model', active_version), array_agg(i.token ORDER BY t, e.id)) AS state
        FROM holomamba.models m, $table e LEFT JOIN holomamba.${model}_items i ON i.item_id = e.$item
        WHERE m.model = '$model' AND e.user_id IS NOT NULL AND e.$item IS NOT NULL GROUP BY e.user_id, active_version) r
     FULL JOIN holomamba.${model}_users u USING (user_id)
     WHERE r.events IS DISTINCT FROM u.events OR NOT coalesce(ssm_vector(r.state) <-> u.vector < 1e-5, false)"
} [ 'm', 'events', 'item_id' ], [ 'visits', 'visits', 'page' ];

sub on_publisher { return $publisher->safe_psql($_[0], $_[1]); }
sub on_subscriber { return $subscriber->safe_psql($_[0], $_[1]); }

# Waits until the subscriber has what the publisher has committed.
sub catch_up { $publisher->wait_for_catchup($_[0]); }

# States computed on the subscriber. The publisher knows nothing of the extension.
on_publisher('postgres', "CREATE DATABASE shop");
on_publisher('shop', "$tables $rows CREATE PUBLICATION events FOR TABLE events, goods, visits WITH (publish_via_partition_root = true)");
on_subscriber('postgres', 'CREATE DATABASE shop');
on_subscriber('shop', $tables);
on_subscriber('shop', sprintf q(CREATE SUBSCRIPTION computing CONNECTION '%s' PUBLICATION events), $publisher->connstr . ' dbname=shop');
$subscriber->wait_for_subscription_sync($publisher, 'computing', 'shop');
on_subscriber('shop', $models);
on_subscriber('shop', "CALL holomamba.train('m')");
on_subscriber('shop', "CALL holomamba.train('visits')");
is(on_subscriber('shop', $wrong), '', 'computing: states are those of a replay after the training');

on_publisher('shop', q{INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 100); DELETE FROM visits WHERE user_id = 'v2' AND t = 8});
catch_up('computing');
is(on_subscriber('shop', "$wrong ORDER BY 1"), "m|1\nvisits|v2", 'what is applied moves no state by itself');
on_subscriber('shop', "SELECT holomamba.enable_logical_replica('m'), holomamba.enable_logical_replica('visits')");
is(on_subscriber('shop', $wrong), '', 'enable_logical_replica() makes up for it');

my @changes = (
    [ 'an event', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 5, 101)' ],
    [ 'events of several users', 'INSERT INTO events (user_id, item_id, t) VALUES (2, 5, 101), (1, 2, 102), (2, 7, 103), (3, 999, 100)' ],
    [ 'new users', 'INSERT INTO events (user_id, item_id, t) VALUES (50, 5, 1), (51, 999, 1), (50, 6, 2)' ],
    [ 'late events', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 4, -1), (50, 1, 0)' ],
    [ 'no user, no item', 'INSERT INTO events (user_id, item_id, t) VALUES (NULL, 4, 1), (1, NULL, 200), (60, NULL, 200)' ],
    [ 'order values that are not known', 'INSERT INTO events (user_id, item_id, t) VALUES (4, 4, NULL), (4, 5, 300)' ],
    [ 'updates', 'UPDATE events SET item_id = item_id % 12 + 1 WHERE user_id = 5; UPDATE events SET user_id = 61 WHERE user_id = 6 AND t > 4; UPDATE events SET t = -t WHERE user_id = 7; UPDATE events SET note = $$x$$ WHERE user_id < 4' ],
    [ 'users and items that become known', 'UPDATE events SET user_id = 62, item_id = 3 WHERE user_id IS NULL OR item_id IS NULL' ],
    [ 'deletes', 'DELETE FROM events WHERE user_id = 8 AND t > 3; DELETE FROM events WHERE user_id = 9' ],
    [ 'one transaction', 'BEGIN; INSERT INTO events (user_id, item_id, t) VALUES (1, 1, 400); SAVEPOINT a; DELETE FROM events WHERE user_id = 1; ROLLBACK TO a; INSERT INTO events (user_id, item_id, t) VALUES (1, 6, 401); COMMIT' ],
    [ 'partitions', q(INSERT INTO visits (user_id, page, t) VALUES ('v1', md5('3')::uuid, 150), ('v70', md5('4')::uuid, 150), ('v1', md5('5')::uuid, 20); UPDATE visits SET t = t + 100 WHERE user_id = 'v3'; DELETE FROM visits WHERE user_id = 'v4') ],
    [ 'an empty table', 'TRUNCATE visits' ],
    [ 'and what comes then', q(INSERT INTO visits (user_id, page, t) VALUES ('v1', md5('3')::uuid, 150)) ]);
foreach (@changes)
{
    my ($what, $sql) = @$_;
    on_publisher('shop', $sql);
    catch_up('computing');
    is(on_subscriber('shop', $wrong), '', "computing: $what");
}
foreach my $table ('events', 'visits')
{
    my $contents = "SELECT md5(string_agg(e::text, ',' ORDER BY e::text)) FROM $table e";
    is(on_subscriber('shop', $contents), on_publisher('shop', $contents), "$table is the same on both");
}
is(on_subscriber('shop', "SELECT count(*) FROM holomamba.visits_users"), '1', 'nobody is left over');

on_publisher('shop', 'DELETE FROM goods WHERE item_id IN (1, 2)');
catch_up('computing');
is(on_subscriber('shop', "SELECT count(*), count(*) FILTER (WHERE item_id IN (1, 2)) FROM recommend(99, 100, 'm')"), '12|0', 'an item that is deleted is recommended no more');

# Events of the subscriber's own move states once, as ever.
on_subscriber('shop', q{INSERT INTO events (id, user_id, item_id, t) VALUES (100001, 1, 5, 500), (100002, 80, 5, 500); DELETE FROM events WHERE id = 100002;
    INSERT INTO visits_new (id, user_id, page, t) VALUES (100003, 'v1', md5('9')::uuid, 500); DELETE FROM visits WHERE id = 100003});
is(on_subscriber('shop', $wrong), '', 'events of its own');
# Twice is once, and a training goes on from there.
on_subscriber('shop', "SELECT holomamba.enable_logical_replica('m')");
on_subscriber('shop', "CALL holomamba.train('m')");
on_publisher('shop', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 5, 600), (90, 5, 600)');
catch_up('computing');
is(on_subscriber('shop', $wrong), '', 'events after a training');

# Who may
on_subscriber('shop', 'CREATE ROLE stranger');
my ($status, $out, $err) = $subscriber->psql('shop', "SET ROLE stranger; SELECT holomamba.enable_logical_replica('m')");
like($err, qr/must be owner of model "m"/, 'only the owner enables it');
($status, $out, $err) = $subscriber->psql('shop', "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT holomamba.enable_logical_replica('m')");
like($err, qr/enable_logical_replica\(\) needs the isolation level read committed/, 'and not under an old snapshot');

# drop_model() leaves nothing of it.
on_subscriber('shop', "SELECT holomamba.drop_model('m'), holomamba.drop_model('visits')");
is(on_subscriber('shop', q(SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'holomamba%')), '0', 'no trigger is left');
is(on_subscriber('shop', q(SELECT count(*) FROM pg_proc WHERE pronamespace = 'holomamba'::regnamespace AND proname ~ 'applied$')), '0', 'no function is left');
on_publisher('shop', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 5, 700)');
catch_up('computing');
is(on_subscriber('shop', 'SELECT count(*) FROM events WHERE t = 700'), '1', 'and events arrive');
on_subscriber('shop', 'DROP SUBSCRIPTION computing');

# States from the publisher, which alone trains. The subscriber declares the models and trains nothing. This is what
# docs/operations.md says.
on_publisher('postgres', 'CREATE DATABASE store');
on_publisher('store', "$tables $rows $models");
on_publisher('store', "CALL holomamba.train('m')");
on_publisher('store', "CALL holomamba.train('visits')");
on_subscriber('postgres', 'CREATE DATABASE store');
on_subscriber('store', "$tables $models");
on_publisher('store', q{
    CREATE PUBLICATION models FOR TABLE events, goods, visits, holomamba.m_users, holomamba.m_items, holomamba.visits_users, holomamba.visits_items,
        holomamba.version_catalogue, holomamba.parameters, holomamba.vocabulary_catalogue, holomamba.training_log
        WITH (publish_via_partition_root = true);
    CREATE PUBLICATION activations FOR TABLE holomamba.model_catalogue (model, active_version) WITH (publish = 'update');
});
on_subscriber('store', sprintf q(CREATE SUBSCRIPTION receiving CONNECTION '%s' PUBLICATION models), $publisher->connstr . ' dbname=store');
$subscriber->wait_for_subscription_sync($publisher, 'receiving', 'store');
on_subscriber('store', 'ALTER SUBSCRIPTION receiving ADD PUBLICATION activations WITH (copy_data = false)');
on_subscriber('store', "UPDATE holomamba.model_catalogue SET active_version = 1 WHERE model IN ('m', 'visits')");

my $answers = q{
    SELECT u, item_id, score FROM generate_series(0, 60) u, recommend(u, 10, 'm', exclude_seen => u % 2 = 0)
    UNION ALL SELECT 1000 + u, ('x' || left(item_id, 7))::bit(28)::integer, score FROM generate_series(0, 20) u, recommend('v' || u, 10, 'visits')
    UNION ALL SELECT -1, item_id, score FROM recommend_next('{3,1,4}'::bigint[], 10, 'm') ORDER BY 1, 3 DESC, 2};

sub same
{
    my ($when) = @_;
    $publisher->wait_for_catchup('receiving');
    is(on_subscriber('store', $answers), on_publisher('store', $answers), "receiving: the same recommendations $when");
    is(on_subscriber('store', $wrong), '', "receiving: states are those of a replay $when");
}
same('at first');
cmp_ok(length on_publisher('store', $answers), '>', 5000, 'there are recommendations to compare');
on_publisher('store', q{INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 100), (50, 4, 1), (2, 999, -1); DELETE FROM events WHERE user_id = 3;
    UPDATE visits SET t = t + 100 WHERE user_id = 'v3'; DELETE FROM goods WHERE item_id = 1});
same('after events');
on_publisher('store', "CALL holomamba.train('m', options => '{\"dimension\": 12}')");
same('after a training');
on_publisher('store', "SELECT holomamba.activate('m', 1)");
on_publisher('store', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 5, 200)');
same('after an activation');
on_publisher('store', 'TRUNCATE visits');
same('after all events of a model have gone');

# The subscriber takes over.
on_subscriber('store', q{DROP SUBSCRIPTION receiving;
    SELECT setval('events_id_seq', max(id)) FROM events;
    INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 300), (99, 4, 1), (2, 7, -5);
    INSERT INTO visits (id, user_id, page, t) VALUES (1, 'v1', md5('3')::uuid, 150)});
is(on_subscriber('store', $wrong), '', 'a subscriber that takes over moves states by events of its own');
on_subscriber('store', "CALL holomamba.train('m')");
is(on_subscriber('store', "SELECT active_version FROM holomamba.models WHERE model = 'm'"), '3', 'and trains');
is(on_subscriber('store', $wrong), '', 'and its states are those of a replay');

$publisher->stop;
$subscriber->stop;
done_testing();
