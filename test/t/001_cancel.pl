# A training that is cancelled or killed: it ends at once, keeps the log of what it finished, and leaves nothing half-made.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$node->start;

$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer, item_id integer, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events (user_id, item_id, t)
    SELECT u, 1 + (u * 5 + n * (1 + u % 7)) % 200, n FROM generate_series(1, 200) u, generate_series(1, 20) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "threads": 2}');
    CREATE TABLE many AS SELECT u AS user_id, 1 + (u * 5 + n * (1 + u % 7)) % 3000 AS item_id, n AS t FROM generate_series(1, 4000) u, generate_series(1, 100) n;
    CREATE INDEX ON many (user_id);
    SELECT holomamba.create_model('long', 'many', 'user_id', 'item_id', '{t}', options => '{"threads": 2}');
    GRANT SELECT ON events TO PUBLIC;
});
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

sub query { return $node->safe_psql('postgres', $_[0]); }

# Starts a CALL in the background, under a name by which its backend can be found.
sub call_in_background
{
    my ($call) = @_;
    my %job = (out => '', err => '');
    $job{run} = IPC::Run::start(
        [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') . " application_name=training", '-c', $call ],
        '<', \undef, '>', \$job{out}, '2>', \$job{err}, IPC::Run::timer(180));
    return \%job;
}

# Waits for the backend of the training to be in the middle of it; returns its pid.
sub backend_of_training
{
    my ($condition) = @_;
    $node->poll_query_until('postgres',
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'training' AND backend_type = 'client backend' AND state = 'active') AND ($condition)")
        or die 'the training did not get there';
    return query("SELECT pid FROM pg_stat_activity WHERE application_name = 'training' AND backend_type = 'client backend'");
}

# Ends a training, in less than a minute. That none of its epochs comes to its end meanwhile is what tells that it ends at once, on
# a slow machine, too.
sub ends
{
    my ($function, $pid, $what) = @_;
    my $start = time;
    my $active = 1;
    query("SELECT $function($pid)");
    while ($active && time - $start < 60)
    {
        $active = query("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND state = 'active'");
        sleep 0.02;
    }
    note sprintf '%s: ended after %.2f s', $function, time - $start;
    return ok(!$active, $what);
}

sub log_rows { return query("SELECT count(*) FROM holomamba.training_log WHERE model = 'm' AND version = $_[0]"); }

sub finish
{
    my ($job) = @_;
    $job->{run}->finish;
    return $job->{err};
}

# Cancelled between epochs, before there is any version
my $job = call_in_background("CALL holomamba.train('m', 10000)");
my $pid = backend_of_training("(SELECT count(*) FROM holomamba.training_log WHERE model = 'm') >= 3");
ends('pg_cancel_backend', $pid, 'a training of short epochs ends when it is cancelled');
like(finish($job), qr/ERROR:  canceling statement due to user request/, 'and says why');
like($job->{err}, qr/epoch 1 of 10000: .* left/, 'it had told of its epochs and of the time left');
cmp_ok(log_rows(1), '>=', 3, 'the log of the epochs before stays');
is(query("SELECT string_agg(epoch::text, ',' ORDER BY epoch) = (SELECT string_agg(n::text, ',' ORDER BY n) FROM generate_series(1, max(epoch)) n) FROM holomamba.training_log WHERE model = 'm' AND version = 1"),
    't', 'without a gap');
is(query("SELECT active_version IS NULL FROM holomamba.models WHERE model = 'm'"), 't', 'no version is active');
is(query("SELECT status, active FROM holomamba.versions WHERE model = 'm'"), 'interrupted|f', 'and none is complete');
is(query('SELECT count(*) FROM holomamba.m_items') + query('SELECT count(*) FROM holomamba.m_users'), 0, 'nothing of it is visible');
foreach my $statement ("SELECT holomamba.activate('m', 1)", "SELECT ssm_initial('m', 1)", "SELECT * FROM holomamba.evaluate('m', version => 1)",
    "SELECT * FROM recommend(1, model => 'm')")
{
    my ($status, $out, $err) = $node->psql('postgres', $statement);
    like($err, qr/ERROR:  model "m" (has no complete version 1|is not trained|has not been trained)/, "refused: $statement");
}
query("INSERT INTO events (user_id, item_id, t) VALUES (1, 2, 100), (300, 2, 1)");

# Again, to the end
query("CALL holomamba.train('m', 2)");
is(query("SELECT active_version FROM holomamba.models WHERE model = 'm'"), '2', 'training again works');
is(query("SELECT count(*) FROM recommend(300, 10, 'm')"), '10', 'and recommends');
my $before = query("SELECT string_agg(u || ':' || item_id || ':' || score, ',' ORDER BY u, score DESC) FROM generate_series(1, 20) u, recommend(u, 10, 'm')");

# In the middle of a long epoch
$job = call_in_background("CALL holomamba.train('long', 5)");
$pid = backend_of_training("(SELECT count(*) FROM holomamba.versions WHERE model = 'long') = 1");
sleep 1;
ends('pg_cancel_backend', $pid, 'a training in the middle of a long epoch ends when it is cancelled');
like(finish($job), qr/ERROR:  canceling statement due to user request/, 'and says why');
is(query("SELECT count(*) FROM holomamba.training_log WHERE model = 'long'"), '0', 'it was in the middle of its first epoch');

# By a time limit
query("ALTER DATABASE postgres SET statement_timeout = '1500ms'");
my ($status, $out, $err) = $node->psql('postgres', "CALL holomamba.train('long', 5)");
query('ALTER DATABASE postgres RESET statement_timeout');
like($err, qr/canceling statement due to statement timeout/, 'statement_timeout ends a training');

# Killed
$job = call_in_background("CALL holomamba.train('m', 10000)");
$pid = backend_of_training("(SELECT count(*) FROM holomamba.training_log WHERE model = 'm' AND version = 3) >= 2");
ends('pg_terminate_backend', $pid, 'a training ends when its backend is terminated');
like(finish($job), qr/terminating connection due to administrator command/, 'and says why');
cmp_ok(log_rows(3), '>=', 2, 'the log stays');
my $versions = query("SELECT count(*) FROM holomamba.versions WHERE model = 'long'");
$job = call_in_background("CALL holomamba.train('long', 5)");
$pid = backend_of_training("(SELECT count(*) FROM holomamba.versions WHERE model = 'long') > $versions");
sleep 1;
ends('pg_terminate_backend', $pid, 'and in the middle of a long epoch');
finish($job);
is(query("SELECT count(*) FROM holomamba.training_log WHERE model = 'long'"), '0', 'which was its first');

# What was there before is as it was
is(query('SELECT pg_postmaster_start_time()'), $started, 'the server was up all the time');
is(query("SELECT active_version FROM holomamba.models WHERE model = 'm'"), '2', 'the version before is active');
is(query("SELECT string_agg(u || ':' || item_id || ':' || score, ',' ORDER BY u, score DESC) FROM generate_series(1, 20) u, recommend(u, 10, 'm')"), $before,
    'and recommends what it did');
is(query("SELECT count(*) FROM holomamba.versions WHERE status = 'ready'"), '1', 'and is the only complete one');
query("INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 101), (301, 2, 1)");
is(query("SELECT events FROM holomamba.m_users WHERE user_id = 301"), '1', 'events move states');
query("CALL holomamba.train('m', 2)");
is(query("SELECT active_version FROM holomamba.models WHERE model = 'm'"), '4', 'training again works, under a number of its own');
query("SELECT holomamba.forget_version('m', version) FROM holomamba.versions WHERE model = 'm' AND status = 'interrupted'");
is(query("SELECT string_agg(version::text, ',' ORDER BY version) FROM holomamba.versions WHERE model = 'm'"), '2,4', 'what was broken off can be forgotten');
unlike(slurp_file($node->logfile), qr/was terminated by signal|server process .* exited with exit code (?!1\b)|PANIC/, 'nothing crashed');

$node->stop;
done_testing();
