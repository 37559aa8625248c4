# The index holomamba under sessions that write while others scan and vacuum, on a standby, and after kill -9: scans equal sorts,
# and nothing is wrong with its pages.
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
    CREATE FUNCTION wrong(queries integer DEFAULT 20) RETURNS integer LANGUAGE plpgsql SET enable_seqscan = off AS $$
    DECLARE
        by_index float8[]; by_sort float8[]; count integer := 0;
    BEGIN
        FOR i IN 1 .. queries LOOP
            SET LOCAL enable_indexscan = on; SET LOCAL enable_sort = off;
            EXECUTE format('SELECT array_agg(d) FROM (SELECT x <#> hrr_random(40, -%1$s) AS d FROM items ORDER BY x <#> hrr_random(40, -%1$s) LIMIT 200) t', i) INTO by_index;
            SET LOCAL enable_indexscan = off; SET LOCAL enable_sort = on;
            EXECUTE format('SELECT array_agg(d) FROM (SELECT x <#> hrr_random(40, -%1$s) AS d FROM items ORDER BY x <#> hrr_random(40, -%1$s) LIMIT 200) t', i) INTO by_sort;
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
    my ($node, $when) = @_;
    is($node->safe_psql('postgres', 'SELECT wrong()'), '0', "scans equal sorts $when");
    is($node->safe_psql('postgres', q{SELECT * FROM holomamba.check_index('items_x')}), '', "nothing is wrong with the index $when");
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
