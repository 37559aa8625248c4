# A database on a disk that is full, a little and a little less, while events come, models are trained and activated and indexes are
# built: an error that says so, of the statement and of nothing else. Once there is room again everything goes on, and nothing is
# missing. (The log is on another disk: where that is full, PostgreSQL stops, whatever extension it has.)
#
#   SMALL_DISK    a folder on a small disk (test/long/disk.sh)
use strict;
use warnings;

use Live::Session;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $disk = $ENV{SMALL_DISK} or plan skip_all => 'SMALL_DISK is not set';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\ncheckpoint_timeout = 30\nrestart_after_crash = on\n");
$node->start;
mkdir "$disk/space" or die $!;
$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$disk/space'");
$node->safe_psql('postgres', 'CREATE DATABASE shop TABLESPACE small');

sub query { return $node->safe_psql('shop', $_[0]) }

query(q{
    CREATE EXTENSION holomamba;
    CREATE TABLE goods (item_id integer PRIMARY KEY, genre text, price real);
    INSERT INTO goods SELECT i, 'genre ' || i % 7, i FROM generate_series(1, 500) i;
    CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id integer, item_id integer, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events (user_id, item_id, t) SELECT u, 1 + (u * 37 + n * n) % 500, n FROM generate_series(1, 300) u, generate_series(1, 10) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', 'goods', 'item_id', '{genre,price}', '{"dimension": 64, "layers": 1, "state_size": 2, "threads": 1}');
    CREATE TABLE vectors (id bigint PRIMARY KEY, x hrr);
    INSERT INTO vectors SELECT i, hrr_random(200, i) FROM generate_series(1, 2000) i;
    CREATE INDEX vectors_x ON vectors USING holomamba (x, (id::bigint));
});
query(q{CALL holomamba.train('m', 1)}) for 1, 2;

# All that is left on the disk but so many bytes is taken.
sub leave
{
    my ($bytes) = @_;
    unlink "$disk/ballast";
    return if !defined $bytes;
    chomp(my $free = `df --block-size=1 --output=avail '$disk' | tail -n 1`);
    return if $free <= $bytes;
    system('head -c ' . ($free - $bytes) . " /dev/zero >'$disk/ballast'") == 0 or die "$disk/ballast";
}

# What is done, and where it is more than a row, how many events are more or less after it.
my $t = 1000;
my @statements = (
    [ 'events', sub { $t++; "INSERT INTO events (user_id, item_id, t) SELECT u, 1 + u * 7 % 500, $t FROM generate_series(1, 2000) u" }, 2000 ],
    [ 'one event after the other', sub { $t++; "DO \$\$ BEGIN FOR u IN 1 .. 300 LOOP INSERT INTO events (user_id, item_id, t) VALUES (100000 * $t + u, 3, $t); END LOOP; END \$\$" }, 300 ],
    [ 'late events', sub { 'INSERT INTO events (user_id, item_id, t) SELECT u, 9, 0 FROM generate_series(1, 200) u' }, 200 ],
    [ 'events changed', sub { 'UPDATE events SET item_id = 1 + item_id % 500 WHERE user_id < 100' }, 0 ],
    [ 'new items', sub { $t++; "INSERT INTO goods SELECT 1000 * $t + i, 'genre 1', i FROM generate_series(1, 100) i" }, 0 ],
    [ 'training', sub { q(CALL holomamba.train('m', 2)) }, 0 ],
    [ 'activation', sub { q(SELECT holomamba.activate('m', 1)) }, 0 ],
    [ 'rebuild_state', sub { q(SELECT holomamba.rebuild_state('m')) }, 0 ],
    [ 'CREATE INDEX', sub { 'CREATE INDEX again ON vectors USING holomamba (x)' }, 0 ],
    [ 'refit_index', sub { q(SELECT holomamba.refit_index('vectors_x')) }, 0 ],
    [ 'index entries', sub { $t++; "INSERT INTO vectors SELECT 10000 * $t + i, hrr_random(200, i) FROM generate_series(1, 1000) i" }, 0 ],
    [ 'VACUUM', sub { 'VACUUM vectors, events, holomamba.m_users, holomamba.m_items' }, 0 ],
    [ 'another model', sub { q(SELECT holomamba.create_model('other', 'events', 'user_id', 'item_id', '{t}')) }, 0 ],
);

my $session = Live::Session->new('disk', $node->connstr('shop'));
sub run
{
    my ($sql) = @_;
    $session->send($sql);
    my $replies;
    1 until !$session->alive || ($replies = $session->receive);
    my $state = $session->alive ? $replies->[0]{state} : 'lost';
    $session = Live::Session->new('disk', $node->connstr('shop')) if !$session->alive;
    return $state;
}

my $events = query('SELECT count(*) FROM events');
my (%outcomes, @wrong);
sub state_is
{
    my ($when) = @_;
    is(join("\n", splice @wrong), '', "nothing but clear errors $when");
    is(query('SELECT count(*) FROM events'), $events, "the events are those that were committed $when");
    is(query(q{SELECT * FROM holomamba.check_state('m')}), '', "states are those of a replay $when");
    is(query(q{SELECT c.relname, p.* FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam, holomamba.check_index(c.oid) p WHERE a.amname = 'holomamba' AND i.indisvalid}), '', "nothing is wrong with the indexes $when");
    is(query(q{SELECT v.version, v.status FROM holomamba.versions v WHERE (v.status = 'ready') <> EXISTS (SELECT FROM holomamba.parameters p WHERE p.model = v.model AND p.version = v.version)}), '', "what is ready has weights, and nothing else has $when");
}

foreach my $free (0, 65536, 2**18, 2**20, 2**22, 2**23, 2**24)
{
    foreach my $statement (@statements)
    {
        my ($name, $sql, $more) = @$statement;
        leave($free);
        my $state = run($sql->());
        $outcomes{$state}++;
        $events += $more if $state eq '00000';
        push @wrong, "$name with $free bytes: $state" if $state !~ /^(00000|53100)$/;
    }
    leave($free);
    my ($status, $id) = $node->psql('shop', q{SELECT holomamba.start_training('m', 1)});
    if ($status == 0)
    {
        $node->poll_query_until('shop', "SELECT holomamba_internal.training_pid($id) IS NULL") or die 'the training goes on';
    }
    # The disk is still full.
    state_is("with $free bytes");
    leave();
    my $left = query(q{SELECT status, message FROM holomamba.versions WHERE status <> 'ready' AND message IS NOT NULL AND message !~ 'could not (extend|write to) file|No space left'});
    is($left, '', "what failed in the background says why with $free bytes");
    # A training that was broken off goes on.
    foreach my $version (split /\n/, query(q{SELECT version FROM holomamba.versions WHERE status IN ('interrupted', 'failed') ORDER BY 1}))
    {
        # One that had no room for its data has nothing to go on from.
        next if query("SELECT count(*) FROM holomamba.checkpoints WHERE model = 'm' AND version = $version") eq '0';
        my ($failed, undef, $message) = $node->psql('shop', "CALL holomamba.resume_training('m', $version)");
        is($failed, 0, "version $version goes on") or diag $message;
    }
    query(q{SELECT holomamba.forget_version(model, version) FROM holomamba.versions WHERE model = 'm' AND version > 2 AND NOT active});
    query(q{SELECT holomamba.drop_model(model) FROM holomamba.models WHERE model = 'other'});
    query('DROP INDEX IF EXISTS again');
    # Room for the next round
    query('DELETE FROM events WHERE t >= 1000 OR t = 0; DELETE FROM vectors WHERE id > 2000; DELETE FROM goods WHERE item_id > 500');
    query("VACUUM FULL $_") foreach qw(events vectors goods holomamba.m_users holomamba.m_items holomamba.parameters);
    $events = query('SELECT count(*) FROM events');
    state_is("after $free bytes");
}
diag join ', ', map { "$_ x $outcomes{$_}" } sort keys %outcomes;
cmp_ok($outcomes{53100} // 0, '>', 10, 'the disk was full');
cmp_ok($outcomes{'00000'} // 0, '>', 10, 'and at times it was not');

# With room everything works.
foreach my $statement (@statements)
{
    is(run($statement->[1]->()), '00000', "with room: $statement->[0]");
    $events += $statement->[2];
}
state_is('at the end');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|server process .* was terminated/, 'no process died');
$session->close;
$node->stop;

done_testing();
