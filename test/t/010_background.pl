# Trainings in the background: they run on without their session, hold no snapshot, can be cancelled, end with the server, and
# leave nothing half-made when they are killed.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
# Of two workers one is the launcher of logical replication, so one training has room.
$node->append_conf('postgresql.conf', "autovacuum = off\nmax_worker_processes = 2\nrestart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer, item_id integer, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * (1 + u % 7)) % 200, n FROM generate_series(1, 200) u, generate_series(1, 20) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "threads": 1}');
    CREATE TABLE other (n integer);
    CREATE TABLE many AS SELECT u AS user_id, 1 + (u * 5 + n * (1 + u % 7)) % 3000 AS item_id, n AS t FROM generate_series(1, 4000) u, generate_series(1, 100) n;
    CREATE INDEX ON many (user_id);
    SELECT holomamba.create_model('slow', 'many', 'user_id', 'item_id', '{t}', options => '{"threads": 1}');
});

sub query { return $node->safe_psql('postgres', $_[0]); }

sub status { return query("SELECT concat_ws('|', status, message) FROM holomamba.versions WHERE training_id = $_[0]"); }

sub wait_until { $node->poll_query_until('postgres', "SELECT $_[0]") or die "it never came to $_[0]"; }

# A long training in the background, in the middle of its epochs.
sub start_long
{
    my $id = query("SELECT holomamba.start_training('m', 10000, 'leave_one_out', '{\"patience\": 10000}')");
    wait_until("count(*) >= 2 FROM holomamba.training_log JOIN holomamba.versions USING (model, version) WHERE training_id = $id");
    return $id;
}

# Whether a session holds back vacuum: 100 rows are deleted, and all of them can be removed.
sub vacuum_removes
{
    query('TRUNCATE other; INSERT INTO other SELECT generate_series(1, 100); DELETE FROM other');
    my ($status, $out, $err) = $node->psql('postgres', 'VACUUM (VERBOSE) other');
    return $err =~ /100 (dead row versions|dead item identifiers|removed|row versions)|100 removed/ && $err =~ /\b0 (are )?dead (but not yet removable|row versions cannot be removed yet)/;
}

# It runs on when the session that started it has gone
my $id = query("SELECT holomamba.start_training('m', 3)");
wait_until("status = 'ready' FROM holomamba.versions WHERE training_id = $id");
is(query("SELECT active, epochs FROM holomamba.versions WHERE training_id = $id"), 't|3', 'a training in the background ends with an active version');
is(query('SELECT count(*) FROM recommend(1, 5, \'m\')'), '5', 'which recommends');

# While it runs
$id = start_long();
is(status($id), 'training', 'a training under way');
is(query("SELECT count(*), count(DISTINCT pid) FROM pg_stat_activity WHERE backend_type = 'holomamba training' AND pid = holomamba_internal.training_pid($id)"), '1|1', 'its process is seen');
my ($status, $out, $err) = $node->psql('postgres', "SELECT holomamba.start_training('m')");
like($err, qr/ERROR:  no background worker is free to train model "m"\nHINT:  Raise max_worker_processes \(now 2\), or CALL holomamba\.train\('m', \.\.\.\);/, 'no room for another');
is(query("SELECT count(*) FROM holomamba.versions WHERE status IN ('training', 'interrupted')"), '1', 'of which nothing is left');
is(query("CALL holomamba.train('m', 1); SELECT count(*) FROM holomamba.versions WHERE model = 'm' AND status = 'ready'"), '2', 'but a session trains the same model beside it');
is(query("SELECT holomamba.cancel_training($id)"), 't', 'it can be cancelled');
wait_until("holomamba_internal.training_pid($id) IS NULL");
is(status($id), 'interrupted|canceling statement due to user request', 'and ends, and the view says why');

# In the middle of a long epoch no snapshot is held; and it need not end before the training does
$id = query("SELECT holomamba.start_training('slow')");
wait_until("count(*) > 0 FROM holomamba.checkpoints WHERE model = 'slow'");
sleep 0.5;
is(query("SELECT backend_xmin IS NULL AND backend_xid IS NULL, state FROM pg_stat_activity WHERE pid = holomamba_internal.training_pid($id)"), 't|active', 'no snapshot in the background');
ok(vacuum_removes(), 'vacuum removes what is deleted meanwhile');
query("SELECT holomamba.cancel_training($id)");
wait_until("holomamba_internal.training_pid($id) IS NULL");
is(query("SELECT count(*) FROM holomamba.training_log WHERE model = 'slow'"), '0', 'a long epoch ends before it is done');

# Terminated, and with the server
$id = start_long();
query("SELECT pg_terminate_backend(holomamba_internal.training_pid($id))");
wait_until("holomamba_internal.training_pid($id) IS NULL");
is(status($id), 'interrupted', 'a terminated training is seen to be broken off');
$id = start_long();
$node->stop('fast');
$node->start;
is(status($id), 'interrupted', 'the server stops, and with it a training is broken off');

# Killed: the server restarts, as after the death of any process
$id = start_long();
my $pid = query("SELECT holomamba_internal.training_pid($id)");
kill 'KILL', $pid;
wait_until("(SELECT pg_postmaster_start_time()) IS NOT NULL AND holomamba_internal.training_pid($id) IS NULL");
is(status($id), 'interrupted', 'a killed training is seen to be dead');
is(query("SELECT count(*) FROM recommend(1, 5, 'm')"), '5', 'and what was active still is');
is(query("SELECT count(*) FROM holomamba.parameters p JOIN holomamba.versions v USING (model, version) WHERE v.status <> 'ready'"), '0', 'no half-trained weights are to be seen');
query("SELECT holomamba.forget_version(model, version) FROM holomamba.versions WHERE model = 'm' AND status = 'interrupted'");
is(query("SELECT count(*) FROM holomamba.checkpoints WHERE model = 'm'"), '0', 'forgotten, it leaves nothing');

# A training in a session: cancelled by another, by its number
my %job = (out => '', err => '');
$job{run} = IPC::Run::start(
    [ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "CALL holomamba.resume_training('slow')", '-c', "SELECT 'the session goes on', count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()" ],
    '<', \undef, '>', \$job{out}, '2>', \$job{err}, IPC::Run::timer(180));
wait_until("count(*) > 0 FROM holomamba.versions WHERE status = 'training'");
$id = query("SELECT training_id FROM holomamba.versions WHERE status = 'training'");
sleep 1;
is(query("SELECT backend_xmin IS NULL AND backend_xid IS NULL, state FROM pg_stat_activity WHERE pid = holomamba_internal.training_pid($id)"), 't|active', 'no snapshot in a session');
ok(vacuum_removes(), 'vacuum removes what is deleted beside a training in a session');
is(query("SELECT holomamba.cancel_training($id)"), 't', 'it can be cancelled by number');
$job{run}->finish;
like($job{err}, qr/ERROR:  canceling statement due to user request/, 'its session hears of it');
is($job{out}, "the session goes on|0\n", 'goes on, and no longer looks as if it trained');
is(status($id), 'interrupted', 'nor does the training');

query("SELECT holomamba.drop_model('slow')");

# A model dropped under its training
$id = start_long();
query("SELECT holomamba.drop_model('m')");
wait_until("holomamba_internal.training_pid($id) IS NULL");
like(slurp_file($node->logfile), qr/ERROR:  version \d+ of model "m" was dropped while it was trained/, 'a training ends when its model is dropped');

# A database dropped under a training
$node->safe_psql('postgres', 'CREATE DATABASE short');
$node->safe_psql('short', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE events AS SELECT u AS user_id, n AS item_id, n AS t FROM generate_series(1, 100) u, generate_series(1, 20) n;
    CREATE INDEX ON events (user_id);
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "threads": 1}');
    SELECT holomamba.start_training('m', 10000);
});
query('DROP DATABASE short WITH (FORCE)');
pass('a database can be dropped under a training');

# On a standby, copied only now: by the restarts above the server drops the log that an earlier copy would need
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
query(q{SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "threads": 1}')});
$id = start_long();
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SELECT status FROM holomamba.versions WHERE training_id = $id"), 'training', 'a standby believes what it reads');
foreach my $statement ("SELECT holomamba.start_training('m')", "CALL holomamba.resume_training('m', 1)", "CALL holomamba.train('m')")
{
    ($status, $out, $err) = $standby->psql('postgres', $statement);
    like($err, qr/ERROR:  cannot .* (in a read-only transaction|during recovery)/, "refused on the standby: $statement");
}
is($standby->safe_psql('postgres', "SELECT holomamba.cancel_training($id)"), 'f', 'a standby has nothing to cancel');
query("SELECT holomamba.cancel_training($id)");

$standby->stop;
$node->stop;
done_testing();
