# The index holomamba under sessions that write while others scan and vacuum, on a standby, and after kill -9: scans equal sorts,
# and nothing is wrong with its pages. Its file stays small, however often it is refitted.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "checkpoint_timeout = 30\nautovacuum = off\nwal_log_hints = on\n");
$primary->start;
$primary->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE items (id integer PRIMARY KEY, x hrr);
    INSERT INTO items SELECT i, hrr_random(40, i) FROM generate_series(1, 3000) i;
    CREATE INDEX items_x ON items USING holomamba (x, (id::bigint));
    CREATE UNLOGGED TABLE fleeting (id integer, x hrr);
    CREATE INDEX fleeting_x ON fleeting USING holomamba (x);
    INSERT INTO fleeting SELECT * FROM items LIMIT 100;
    -- How many of some queries have another answer by the index than by a sort
    CREATE FUNCTION wrong(queries integer DEFAULT 20, relation text DEFAULT 'items') RETURNS integer LANGUAGE plpgsql SET enable_seqscan = off AS $$
    DECLARE
        by_index float8[]; by_sort float8[]; count integer := 0;
    BEGIN
        FOR i IN 1 .. queries LOOP
            SET LOCAL enable_indexscan = on; SET LOCAL enable_sort = off;
            EXECUTE format('SELECT array_agg(d) FROM (SELECT x <#> hrr_random(40, -%1$s) AS d FROM %2$s ORDER BY x <#> hrr_random(40, -%1$s) LIMIT 200) t', i, relation) INTO by_index;
            SET LOCAL enable_indexscan = off; SET LOCAL enable_sort = on;
            EXECUTE format('SELECT array_agg(d) FROM (SELECT x <#> hrr_random(40, -%1$s) AS d FROM %2$s ORDER BY x <#> hrr_random(40, -%1$s) LIMIT 200) t', i, relation) INTO by_sort;
            count := count + (by_index IS DISTINCT FROM by_sort)::integer;
        END LOOP;
        RETURN count;
    END $$;
});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

sub is_right
{
    my ($node, $when, $table) = (@_, 'items');
    is($node->safe_psql('postgres', "SELECT wrong(20, '$table')"), '0', "scans equal sorts $when");
    is($node->safe_psql('postgres', "SELECT * FROM holomamba.check_index('${table}_x')"), '', "nothing is wrong with the index $when");
}

# Writers, readers and a vacuum at the same time, until enough has been done or the server is killed
sub start_sessions
{
    my ($round, $count) = @_;
    my $directory = PostgreSQL::Test::Utils::tempdir();
    my @sessions;
    foreach my $session (1 .. 5)
    {
        my $script = "SET default_transaction_isolation = 'repeatable read';\n";
        foreach my $n (1 .. $count)
        {
            my $id = 100000 * $round + 10000 * $session + $n;
            # Writers keep to rows of their own.
            my $mine = "id % 3 = " . ($session - 1);
            $script .= $session == 4 ? "SELECT wrong(1) AS wrong_" . ($n % 7) . ";\n"
                : $session == 5 ? ($n % 20 == 0 ? "SELECT holomamba.refit_index('items_x');\n" : $n % 2 ? "VACUUM items;\n" : "SELECT pg_sleep(0.01);\n")
                : $n % 5 == 0 ? "DELETE FROM items WHERE $mine AND id IN (SELECT id FROM items WHERE $mine ORDER BY id LIMIT 3);\n"
                : $n % 5 == 1 ? "UPDATE items SET x = hrr_random(40, $id) WHERE $mine AND id IN (SELECT id FROM items WHERE $mine ORDER BY id DESC LIMIT 3);\n"
                : $n % 5 == 2 ? "BEGIN; INSERT INTO items SELECT 3 * i + $session - 1, hrr_random(40, i) FROM generate_series($id, $id + 5) i; ROLLBACK;\n"
                : "INSERT INTO items VALUES (3 * $id + $session - 1, hrr_random(40, $id));\n";
        }
        append_to_file("$directory/session$session.sql", $script);
        my %s = (out => '', err => '');
        $s{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $primary->connstr('postgres'), '-f', "$directory/session$session.sql" ], '<', \undef, '>', \$s{out}, '2>', \$s{err},
            IPC::Run::timer(180));
        push @sessions, \%s;
    }
    return @sessions;
}

my @sessions = start_sessions(1, 250);
$_->{run}->finish foreach @sessions;
is(join('', map { $_->{err} } @sessions), '', 'no session failed');
unlike($sessions[3]{out}, qr/[1-9]/, 'every answer was right meanwhile');
is_right($primary, 'after sessions that met');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is_right($standby, 'on the standby');

# Rows that died, with the marks that scans on the primary left
$primary->safe_psql('postgres', 'DELETE FROM items WHERE id % 2 = 0; SELECT wrong(); SELECT wrong(); CHECKPOINT');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is_right($standby, 'on the standby after rows died on the primary');

# Refits, with VACUUM in between and without: two generations have room in the file, and a little more
sub pages { my ($index) = @_; return $primary->safe_psql('postgres', "SELECT pg_relation_size('$index') / current_setting('block_size')::integer") }
sub refit { $primary->safe_psql('postgres', $_ % 2 ? q{SELECT holomamba.refit_index('refitted_x')} : q{SELECT holomamba.refit_index('refitted_x'); VACUUM refitted}) for 1 .. $_[0] }
$primary->safe_psql('postgres', 'CREATE TABLE refitted AS SELECT i AS id, hrr_random(40, i) AS x FROM generate_series(1, 2000) i; CREATE INDEX refitted_x ON refitted USING holomamba (x)');
my $fresh = pages('refitted_x');
refit(12);
my $refitted = pages('refitted_x');
cmp_ok($refitted, '<', 2.2 * $fresh, "12 refits of $fresh pages");
is_right($primary, 'after refits', 'refitted');
$primary->safe_psql('postgres', 'INSERT INTO refitted SELECT i, hrr_random(40, i) FROM generate_series(2001, 2200) i');
refit(5);
cmp_ok(pages('refitted_x'), '<', 2.2 * 1.1 * $fresh, 'refits with some more rows');

# A scan that has begun goes on, and the file grows for it; after that the room is used. A scan of a standby that does not tell
# the primary of its scans is told to begin again.
sub scan_beside_refits
{
    my ($node) = @_;
    $primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
    my %scan = (in => "SET enable_seqscan = off; BEGIN; DECLARE c CURSOR FOR SELECT id FROM refitted ORDER BY x <#> hrr_random(40, -1); FETCH 1 c;\n", out => '', err => '');
    $scan{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$scan{in}, '>', \$scan{out}, '2>', \$scan{err}, IPC::Run::timer(180));
    $scan{run}->pump until $scan{out} =~ /\n/;
    $primary->poll_query_until('postgres', 'SELECT backend_xmin IS NOT NULL FROM pg_stat_replication')
        if $node->safe_psql('postgres', 'SHOW hot_standby_feedback') eq 'on';
    refit(4);
    $primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
    $scan{in} .= "FETCH ALL c;\n";
    $scan{run}->finish;
    return $scan{err} || scalar(() = $scan{out} =~ /\d+/g);
}
is(scan_beside_refits($primary), 2200, 'a scan that began before refits returns every row');
my $grown = pages('refitted_x');
refit(8);
is(pages('refitted_x'), $grown, 'what the file grew for the scan is used after it');
is_right($primary, 'after refits beside a scan', 'refitted');
like(scan_beside_refits($standby), qr/index "refitted_x" was refitted while it was scanned/, 'a scan on the standby is told to begin again');
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nwal_receiver_status_interval = 1\n");
$standby->reload;
is(scan_beside_refits($standby), 2200, 'a scan on a standby that tells of it returns every row');
is_right($standby, 'on the standby after refits', 'refitted');
$standby->append_conf('postgresql.conf', "hot_standby_feedback = off\n");
$standby->reload;
$primary->poll_query_until('postgres', 'SELECT backend_xmin IS NULL FROM pg_stat_replication');

# Activations, which replace all rows: a generation has the old ones, too
$primary->safe_psql('postgres', q{
    CREATE TABLE events (user_id integer, item_id integer, t integer PRIMARY KEY);
    INSERT INTO events SELECT n % 300, n % 2000, n FROM generate_series(1, 6000) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}')});
$primary->safe_psql('postgres', "CALL holomamba.train('m')");
my @activated;
for (1 .. 15)
{
    $primary->safe_psql('postgres', q{SELECT holomamba.activate('m', 1)});
    $primary->safe_psql('postgres', 'VACUUM holomamba.m_items') if $_ < 10;
    push @activated, pages('holomamba.m_items_target_idx');
}
$primary->safe_psql('postgres', 'REINDEX INDEX holomamba.m_items_target_idx');
$fresh = pages('holomamba.m_items_target_idx');
is($activated[8], $activated[2], "the file does not grow after the third activation (@activated)");
is($activated[14], $activated[11], '... and without VACUUM not after the third either');
cmp_ok($activated[8], '<', 2 * 2.2 * $fresh, "... and has two generations, not $fresh pages of one without dead rows");

@sessions = start_sessions(2, 5000);
$primary->poll_query_until('postgres', 'SELECT max(id) > 600000 FROM items') or die 'no rows arrived';
sleep 1;
$primary->kill9;
eval { $_->{run}->finish } foreach @sessions;
unlike(join('', map { $_->{err} } @sessions), qr/ERROR:/, 'no statement failed until the server was killed');
my $up = 0;
for (1 .. 60)
{
    $up = $primary->start(fail_ok => 1) and last;
    sleep 0.5;
}
ok($up, 'recovered');
is_right($primary, 'after a crash');
is($primary->safe_psql('postgres', q{
    INSERT INTO fleeting VALUES (1, '[1,2]'); SET enable_seqscan = off; SELECT id FROM fleeting ORDER BY x <#> '[1,2]'}), '1', 'the index of an unlogged table is empty, and works');
$primary->safe_psql('postgres', 'VACUUM items; INSERT INTO items SELECT -i, hrr_random(40, -i) FROM generate_series(1, 2000) i');
is_right($primary, 'after a crash and more rows');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is_right($standby, 'on the standby after that');
$standby->stop;
$primary->stop;

done_testing();
