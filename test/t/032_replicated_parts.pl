# A subscriber that computes the states where partitions and inheritance children are replicated one by one: rows are applied to
# them, not to the whole, and they are emptied alone.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($publisher, $subscriber) = map {
    my $node = PostgreSQL::Test::Cluster->new($_);
    $node->init(allows_streaming => 'logical');
    $node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
    $node->start;
    $node;
} 'publisher', 'subscriber';

my $tables = q{
    CREATE TABLE visits (id serial, user_id integer, item_id integer, t integer) PARTITION BY RANGE (t);
    CREATE TABLE visits_1 (t integer, id integer NOT NULL, item_id integer, user_id integer);
    ALTER TABLE visits ATTACH PARTITION visits_1 FOR VALUES FROM (0) TO (100);
    CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (100) TO (200) PARTITION BY LIST (item_id);
    CREATE TABLE visits_2_1 PARTITION OF visits_2 DEFAULT;
    CREATE INDEX ON visits (user_id);
    CREATE TABLE wares (item_id integer PRIMARY KEY, genre text) PARTITION BY RANGE (item_id);
    CREATE TABLE wares_1 PARTITION OF wares FOR VALUES FROM (0) TO (100);
    CREATE TABLE wares_2 PARTITION OF wares FOR VALUES FROM (100) TO (200);
    CREATE TABLE clicks (id serial, user_id integer, item_id integer, t integer);
    CREATE TABLE clicks_child () INHERITS (clicks);
    CREATE INDEX ON clicks (user_id);
    CREATE INDEX ON clicks_child (user_id);
};
my $identity = join ' ', map { "ALTER TABLE $_ REPLICA IDENTITY FULL;" } qw(visits_1 visits_2_1 clicks clicks_child);

sub on_publisher { return $publisher->safe_psql('postgres', $_[0]); }
sub on_subscriber { return $subscriber->safe_psql('postgres', $_[0]); }

on_publisher("$tables $identity" . q{
    INSERT INTO wares SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
    INSERT INTO visits (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 8) n;
    INSERT INTO clicks (user_id, item_id, t) SELECT user_id, item_id, t FROM visits;
    CREATE PUBLICATION parts FOR TABLE visits, wares, clicks});
on_subscriber("$tables $identity CREATE EXTENSION holomamba");
on_subscriber(sprintf q(CREATE SUBSCRIPTION parts CONNECTION '%s' PUBLICATION parts), $publisher->connstr . ' dbname=postgres');
$subscriber->wait_for_subscription_sync($publisher, 'parts');
on_subscriber(q{
    SELECT holomamba.create_model('visits', 'visits', 'user_id', 'item_id', '{t,id}', 'wares', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    SELECT holomamba.create_model('clicks', 'clicks', 'user_id', 'item_id', '{t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}')});
on_subscriber("CALL holomamba.train('$_')") foreach ('visits', 'clicks');
on_subscriber("SELECT holomamba.enable_logical_replica('visits'), holomamba.enable_logical_replica('clicks')");

my $wrong = "SELECT 'visits', user_id, difference FROM holomamba.check_state('visits') UNION ALL SELECT 'clicks', user_id, difference FROM holomamba.check_state('clicks') ORDER BY 1, 2";
my $on_sale = "SELECT string_agg(item_id::text, ',' ORDER BY item_id) FROM holomamba.visits_items WHERE target IS NOT NULL";

sub apply
{
    my ($what, $sql) = @_;
    on_publisher($sql);
    $publisher->wait_for_catchup('parts');
    is(on_subscriber($wrong), '', $what);
}

is(on_subscriber($wrong), '', 'states are those of a replay at first');
apply('events of partitions', 'INSERT INTO visits (user_id, item_id, t) VALUES (1, 3, 50), (1, 4, 150), (9, 5, 150); UPDATE visits SET t = t + 100 WHERE user_id = 2; DELETE FROM visits WHERE user_id = 3');
apply('events of inheritance children', 'INSERT INTO clicks_child (user_id, item_id, t) VALUES (1, 3, 50), (9, 4, 51); INSERT INTO clicks_child (user_id, item_id, t) VALUES (1, 5, 52); UPDATE clicks SET item_id = 7 WHERE user_id = 1; DELETE FROM clicks_child WHERE user_id = 9');
apply('items of partitions', q(INSERT INTO wares VALUES (20, 'genre 1'), (101, 'genre 2'), (102, 'genre 1'); DELETE FROM wares WHERE item_id = 5; UPDATE wares SET item_id = 21 WHERE item_id = 20));
is(on_subscriber($on_sale), '1,2,3,4,6,7,8,9,10,11,12,21,101,102', 'are on sale');
apply('a partition of events is emptied', 'TRUNCATE visits_2_1');
apply('a child of events is emptied', 'TRUNCATE clicks_child');
apply('a partition of items is emptied', 'TRUNCATE wares_2');
is(on_subscriber($on_sale), '1,2,3,4,6,7,8,9,10,11,12,21', 'and its items are not on sale');
isnt(on_subscriber('SELECT count(*) FROM visits'), '0', 'other partitions are not');

# Parts that come later
foreach my $node ($publisher, $subscriber)
{
    $node->safe_psql('postgres', 'CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM (200) TO (300); ALTER TABLE visits_3 REPLICA IDENTITY FULL;
        CREATE TABLE clicks_later () INHERITS (clicks); ALTER TABLE clicks_later REPLICA IDENTITY FULL; CREATE TABLE wares_3 PARTITION OF wares FOR VALUES FROM (200) TO (300)');
}
on_publisher('ALTER PUBLICATION parts ADD TABLE clicks_later');
on_subscriber('ALTER SUBSCRIPTION parts REFRESH PUBLICATION');
$subscriber->wait_for_subscription_sync($publisher, 'parts');
apply('a later partition', q(INSERT INTO visits (user_id, item_id, t) VALUES (1, 3, 250), (10, 4, 251); DELETE FROM visits WHERE t = 250));
apply('a later child', q(INSERT INTO clicks_later (user_id, item_id, t) VALUES (1, 3, 250), (10, 4, 251); DELETE FROM clicks_later WHERE t = 250));
apply('later items', q(INSERT INTO wares VALUES (201, 'genre 1')));
apply('emptied', 'TRUNCATE visits_3, clicks_later');
is(on_subscriber('SELECT count(*) FROM holomamba.visits_users WHERE user_id = 10'), '0', 'nobody is left over');

# Once more changes nothing; events of its own move states once
on_subscriber("SELECT holomamba.enable_logical_replica('visits'), holomamba.enable_logical_replica('clicks')");
is(on_subscriber(q(SELECT tgrelid::regclass || ' ' || count(*) FROM pg_trigger WHERE tgname ~ '^holomamba_visits' AND tgparentid = 0 GROUP BY tgrelid ORDER BY 1)),
    "visits 6\nvisits_1 5\nvisits_2 5\nvisits_2_1 5\nvisits_3 5\nwares 6\nwares_1 5\nwares_2 5\nwares_3 5", 'as many triggers as before');
on_subscriber('INSERT INTO visits_1 (id, user_id, item_id, t) VALUES (1000, 1, 3, 70); INSERT INTO clicks_child (id, user_id, item_id, t) VALUES (1000, 1, 3, 70)');
is(on_subscriber($wrong), '', 'events of its own');
on_subscriber("SELECT holomamba.drop_model('visits'), holomamba.drop_model('clicks')");
is(on_subscriber(q(SELECT count(*) FROM pg_trigger WHERE tgname ~ '^holomamba')), '0', 'no trigger is left');

$subscriber->stop;
$publisher->stop;
done_testing();
