# A training that is broken off and resumed gives what an unbroken one gives, to the last bit, whatever happened to the events.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE items (item_id integer PRIMARY KEY, kind text[], price real);
    INSERT INTO items SELECT i, ARRAY['kind ' || i % 5, 'half ' || i % 2], i FROM generate_series(1, 200) i;
    CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer, item_id integer, t integer, way text, score real);
    CREATE INDEX ON events (user_id);
    INSERT INTO events (user_id, item_id, t, way, score)
    SELECT u, 1 + (u * 5 + n * (1 + u % 7)) % 200, n, 'way ' || (u + n) % 3, nullif(n % 4, 0) FROM generate_series(1, 200) u, generate_series(1, 20) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t,id}', 'items', 'item_id', '{kind,price}',
        '{"dimension": 16, "layers": 2, "state_size": 4, "threads": 2, "epochs": 40, "patience": 40, "max_history": 7, "learning_rate": 0.01}',
        time_column => 't', event_attributes => '{way,score}', target_column => 'way', target_values => '{way 0,way 1}', weight_column => 'score');
});

sub query { return $node->safe_psql('postgres', $_[0]); }

sub wait_until { $node->poll_query_until('postgres', "SELECT $_[0]") or die "it never came to $_[0]"; }

sub weights
{
    my ($version) = @_;
    return query("SELECT md5(string_agg(name || shape::text || data::text, ',' ORDER BY name)) FROM holomamba.parameters WHERE version = $version")
        . query("SELECT string_agg(concat_ws(':', epoch, loss, hit_rate, ndcg, learning_rate, gradient_norm), ',' ORDER BY epoch) FROM holomamba.training_log WHERE version = $version")
        . query("SELECT concat_ws(':', status, epochs, best_epoch, events, users, items, fingerprint) FROM holomamba.version_catalogue WHERE version = $version");
}

# Starts a training, in the background or in a session, and lets it come to an epoch; returns its version and its number.
sub start_to_epoch
{
    my ($epoch, $arguments, $in_session) = @_;
    my $job;
    if ($in_session)
    {
        $job = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('postgres'), '-c', "CALL holomamba.train($arguments)" ], '<', \undef, '>', \my $out, '2>', \my $err);
    }
    else
    {
        query("SELECT holomamba.start_training($arguments)");
    }
    wait_until("count(*) = 1 FROM holomamba.versions WHERE status = 'training' AND epochs >= $epoch");
    my ($version, $id) = split /\|/, query("SELECT version, training_id FROM holomamba.versions WHERE status = 'training'");
    return ($version, $id, $job);
}

foreach my $holdout ('none', 'leave_one_out')
{
    my $arguments = "'m', holdout => '$holdout'";
    query("CALL holomamba.train($arguments)");
    my $whole = weights(query('SELECT max(version) FROM holomamba.versions'));
    like($whole, qr/ready:40:\d+:\d+:200:200:/, "$holdout: the unbroken run");
    my $last = 0;
    # Killed with its server at two places, in the background and in a session, and once more after it was resumed
    foreach my $in_session (0, 1)
    {
        my ($version, $id, $job) = start_to_epoch(5 + 15 * $in_session, $arguments, $in_session);
        $node->stop('immediate');
        $job->finish if $job;
        $node->start;
        is(query("SELECT status FROM holomamba.versions WHERE version = $version"), 'interrupted', "$holdout: broken off by a crash");
        # The world has gone on, and the training does not see it
        query(q{
            BEGIN;
            INSERT INTO events (user_id, item_id, t) SELECT u, 3, 100 FROM generate_series(100, 300) u;
            DELETE FROM events WHERE user_id % 10 = 3;
            UPDATE items SET kind = '{other}', price = 7 WHERE item_id % 3 = 0;
            DELETE FROM items WHERE item_id = 17;
            INSERT INTO items VALUES (17, NULL, NULL), (1000, '{new}', 1) ON CONFLICT DO NOTHING;
            CREATE TABLE spare AS SELECT * FROM events;
            COMMIT;
        });
        my $epoch = query("SELECT epochs FROM holomamba.versions WHERE version = $version");
        cmp_ok($epoch, '<', 40, "after epoch $epoch");
        my $run = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('postgres'), '-c', "CALL holomamba.resume_training('m')" ], '<', \undef, '>', \my $out, '2>', \my $err);
        wait_until("epochs > $epoch FROM holomamba.versions WHERE version = $version");
        query("SELECT holomamba.cancel_training($id)");
        $run->finish;
        query("CALL holomamba.resume_training('m', $version)") if query("SELECT status FROM holomamba.versions WHERE version = $version") ne 'ready';
        is(weights($version), $whole, "$holdout: resumed, it is the unbroken run");
        is(query("SELECT active FROM holomamba.versions WHERE version = $version"), 't', 'and active');
        is(query('SELECT count(*) FROM holomamba.checkpoints'), '0', 'its checkpoint has gone');
        query(q{
            DROP TABLE spare;
            TRUNCATE events;
            INSERT INTO events (id, user_id, item_id, t, way, score)
            SELECT -(u * 100 + n), u, 1 + (u * 5 + n * (1 + u % 7)) % 200, n, 'way ' || (u + n) % 3, nullif(n % 4, 0) FROM generate_series(1, 200) u, generate_series(1, 20) n;
            DELETE FROM items;
            INSERT INTO items SELECT i, ARRAY['kind ' || i % 5, 'half ' || i % 2], i FROM generate_series(1, 200) i;
        });
    }
}

# Killed when all epochs are done and the activation waits for a writer: nothing is trained again
my $writer = $node->background_psql('postgres');
$writer->query_safe('BEGIN; INSERT INTO events (user_id, item_id, t) VALUES (1, 1, 500)');
query("SELECT holomamba.start_training('m', 3)");
wait_until("count(*) = 1 FROM pg_locks WHERE NOT granted AND pid = (SELECT holomamba_internal.training_pid(max(training_id)) FROM holomamba.versions)");
my $active = query('SELECT active_version FROM holomamba.models');
$node->stop('immediate');
eval { $writer->{run}->finish; };
$node->start;
my $version = query('SELECT max(version) FROM holomamba.versions');
is(query("SELECT status, epochs FROM holomamba.versions WHERE version = $version"), 'interrupted|3', 'killed before the activation');
is(query('SELECT active_version FROM holomamba.models'), $active, 'the version before is active');
is(query("SELECT count(*) FROM holomamba.parameters WHERE version = $version"), '0', 'its weights are not to be seen yet');
query('ALTER TABLE events RENAME way TO road');
query("CALL holomamba.resume_training('m')");
is(query("SELECT count(*) FROM holomamba.parameters WHERE version = $version AND name = 'events.values.road'"), '1', 'its weights go by the name that a column has got meanwhile');
is(query("SELECT count(*) FROM holomamba.check_state('m')"), '0', 'and its states by the events as they are');
is(query("SELECT status, epochs, active FROM holomamba.versions WHERE version = $version"), 'ready|3|t', 'resumed, it is activated');
is(query("SELECT count(*) FROM holomamba.training_log WHERE version = $version"), '3', 'without another epoch');

# Killed before its first epoch
query("CREATE TABLE many AS SELECT u AS user_id, 1 + (u * 5 + n * (1 + u % 7)) % 3000 AS item_id, n AS t FROM generate_series(1, 3000) u, generate_series(1, 60) n; CREATE INDEX ON many (user_id)");
query("SELECT holomamba.create_model('long', 'many', 'user_id', 'item_id', '{t}', options => '{\"dimension\": 32, \"threads\": 1}')");
query("SELECT holomamba.start_training('long')");
wait_until("count(*) = 1 FROM holomamba.checkpoints WHERE model = 'long'");
$node->stop('immediate');
$node->start;
is(query("SELECT status, epochs IS NULL FROM holomamba.versions WHERE model = 'long'"), 'interrupted|t', 'killed in the first epoch');
my $run = IPC::Run::start([ 'psql', '-Xq', '-d', $node->connstr('postgres'), '-c', "CALL holomamba.resume_training('long')" ], '<', \undef, '>', \my $out, '2>', \my $err);
wait_until("count(*) = 1 FROM holomamba.versions WHERE model = 'long' AND status = 'training'");
ok(query("SELECT holomamba.cancel_training(training_id) FROM holomamba.versions WHERE model = 'long'"), 'it can be resumed from the start');
$run->finish;
query("SELECT holomamba.drop_model('long')");

$node->stop;
done_testing();
