# A server killed under events recovers with states that are those of a replay; a standby recommends what its primary does.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "checkpoint_timeout = 30\n");
$primary->start;
$primary->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer, item_id integer, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * n) % 30, n FROM generate_series(1, 50) u, generate_series(1, 10) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t,id}', options => '{"dimension": 8, "layers": 2, "state_size": 2, "epochs": 2, "threads": 1}');
    CREATE VIEW wrong AS
        SELECT user_id
        FROM (SELECT user_id, count(*) AS events, ssm_vector(ssm_update(ssm_initial('m', (SELECT active_version FROM holomamba.models WHERE model = 'm')), array_agg(i.token ORDER BY t, id))) AS vector
              FROM events LEFT JOIN holomamba.m_items i USING (item_id) GROUP BY user_id) r
        FULL JOIN holomamba.m_users u USING (user_id) WHERE NOT coalesce(r.vector <-> u.vector < 1e-4, false) OR r.events <> u.events;
});
$primary->safe_psql('postgres', "CALL holomamba.train('m')");
# One whose items are described
$primary->safe_psql('postgres', q{
    CREATE TABLE things (item_id integer PRIMARY KEY, kinds text[], price real);
    INSERT INTO things SELECT n, ARRAY['kind ' || n % 3, 'kind ' || n % 5], n FROM generate_series(1, 30) n;
    CREATE TABLE sales AS SELECT user_id, item_id, t FROM events;
    CREATE INDEX ON sales (user_id);
    SELECT holomamba.create_model('described', 'sales', 'user_id', 'item_id', '{t}', 'things', 'item_id', '{kinds,price}', '{"dimension": 8, "layers": 1, "epochs": 1, "threads": 1}');
});
$primary->safe_psql('postgres', "CALL holomamba.train('described')");

my $recommendations = q{
    SELECT u, item_id, score FROM generate_series(0, 160) u, recommend(u, 10, 'm', exclude_seen => u % 2 = 0) ORDER BY u, score DESC, item_id};
my $next = q{SELECT item_id, score FROM recommend_next('{3,1,4}'::bigint[], 100, 'm')};
my $explanations = q{SELECT i, kind, value, contribution FROM generate_series(1, 10) i, explain_recommendation(3, i, 'described') ORDER BY 1, 2, 3, 4};
my $similar = q{SELECT i, item_id, similarity FROM generate_series(1, 30) i, similar_items(i, 5, 'm')};

# A standby
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->safe_psql('postgres', q{
    INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 100), (2, 4, -1), (100, 5, 1), (101, 999, 1);
    DELETE FROM events WHERE user_id = 3 AND t = 10;
});

sub same_on_standby
{
    my ($when) = @_;
    $primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
    is($standby->safe_psql('postgres', $recommendations), $primary->safe_psql('postgres', $recommendations), "the standby recommends the same $when");
    is($standby->safe_psql('postgres', $next), $primary->safe_psql('postgres', $next), "for a session too $when");
    is($standby->safe_psql('postgres', $explanations), $primary->safe_psql('postgres', $explanations), "explains the same $when");
    is($standby->safe_psql('postgres', $similar), $primary->safe_psql('postgres', $similar), "and finds the same similar items $when");
    is($standby->safe_psql('postgres', 'SELECT count(*) FROM wrong'), '0', "its states are those of a replay $when");
}
same_on_standby('after events');
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');
foreach my $statement ('INSERT INTO events (user_id, item_id, t) VALUES (1, 1, 1)', "SELECT holomamba.rebuild_state('m')", "SELECT holomamba.activate('m', 1)",
    "CALL holomamba.train('m')", "SELECT holomamba.drop_model('m')")
{
    my ($status, $out, $err) = $standby->psql('postgres', $statement);
    isnt($status, 0, "refused on the standby: $statement");
    like($err, qr/ERROR:  cannot .* (in a read-only transaction|during recovery)/, 'with an error that says why');
}
is($primary->safe_psql('postgres', "SET default_transaction_read_only = on; SELECT count(*) FROM recommend(1, 5, 'm', exclude_seen => false)"), '5', 'recommend() works in a read-only transaction');

# Another version, and an activation back: sessions on the standby that have cached the former see the new one
$primary->safe_psql('postgres', "CALL holomamba.train('m', 2, 'leave_one_out', '{\"dimension\": 12}')");
same_on_standby('after a training');
is($standby->safe_psql('postgres', "SELECT * FROM holomamba.evaluate('m')"), $primary->safe_psql('postgres', "SELECT * FROM holomamba.evaluate('m')"), 'and evaluates to the same figures');
$primary->safe_psql('postgres', "SELECT holomamba.activate('m', 1)");
same_on_standby('after an activation');

# Killed under inserts, deletes, late events and an activation, from several sessions; twice
foreach my $round (1, 2)
{
    my $directory = PostgreSQL::Test::Utils::tempdir();
    my $before = $primary->safe_psql('postgres', 'SELECT max(id) FROM events');
    my @sessions;
    foreach my $session (1 .. 3)
    {
        my $script = '';
        foreach my $n (1 .. 2000)
        {
            my $user = 1 + ($session * 37 + $n * 13) % 150;
            my ($item, $t, $other) = ($n * 7 % 31, $round * 10000 + $n, $n * 11 % 150);
            $script .= $n % 17 == 0
                ? "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE user_id = $user ORDER BY id LIMIT 1);\n"
                : $n % 5 == 0 ? "INSERT INTO events (user_id, item_id, t) VALUES ($user, $item, -$t);\n"
                : "INSERT INTO events (user_id, item_id, t) VALUES ($user, $item, $t), ($other, $item, $t);\n";
            $script .= "SELECT holomamba.activate('m', " . (1 + $n / 100 % 2) . ");\n" if $session == 1 && $n % 100 == 0;
        }
        my $file = "$directory/session$session.sql";
        append_to_file($file, $script);
        my %s = (out => '', err => '');
        $s{run} = IPC::Run::start([ 'psql', '-Xq', '-d', $primary->connstr('postgres'), '-f', $file ], '<', \undef, '>', \$s{out}, '2>', \$s{err}, IPC::Run::timer(180));
        push @sessions, \%s;
    }
    $primary->poll_query_until('postgres', "SELECT max(id) > $before + 300 FROM events") or die 'no events arrived';
    my $committed = $primary->safe_psql('postgres', 'SELECT max(id) FROM events');
    $primary->kill9;
    foreach my $s (@sessions)
    {
        eval { $s->{run}->finish };
        unlike($s->{err}, qr/ERROR:/, 'no statement failed until then');
    }
    # Processes of the old server may take a moment to see that it is gone.
    my $up = 0;
    for (1 .. 60)
    {
        $up = $primary->start(fail_ok => 1) and last;
        sleep 0.5;
    }
    ok($up, "recovered, round $round");
    cmp_ok($primary->safe_psql('postgres', 'SELECT max(id) FROM events'), '>=', $committed, 'no committed event is lost');
    is($primary->safe_psql('postgres', 'SELECT string_agg(user_id::text, $$,$$) FROM wrong'), '', 'states are those of a replay');
    is($primary->safe_psql('postgres', 'SELECT count(DISTINCT version) FROM holomamba.m_users'), '1', 'all of one version');
    $primary->safe_psql('postgres', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 100000), (170, 5, 1), (2, 4, -100000)');
    is($primary->safe_psql('postgres', 'SELECT count(*) FROM wrong'), '0', 'and events go on');
    same_on_standby("after crash $round");
}

# The standby becomes the primary
$primary->stop('immediate');
$standby->promote;
$standby->safe_psql('postgres', 'INSERT INTO events (user_id, item_id, t) VALUES (1, 3, 200000), (180, 5, 1), (3, 4, -200000)');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM wrong'), '0', 'a promoted standby takes events');
$standby->safe_psql('postgres', "CALL holomamba.train('m', 1)");
is($standby->safe_psql('postgres', 'SELECT count(*) FROM wrong'), '0', 'and trains');
$standby->stop;

done_testing();
