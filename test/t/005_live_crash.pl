# The server, killed at random moments under random traffic with every process it has, while something is going on beside it: a
# training, an activation, a bulk load, builds of an index. After each recovery every state is that of a replay, no event is
# missing whose commit was acknowledged, nothing is wrong with an index, and every version is ready or can be resumed.
#
#   LIVE_CRASHES    how often it is killed (3)
#   LIVE_PHASES     what goes on beside the traffic, in turns (events,training,background,activation,bulk,index)
#   LIVE_SESSIONS   sessions with traffic (4)
#   LIVE_SEED       seed (from the clock; it is printed)
use strict;
use warnings;

use Live::Driver;
use Live::World qw(create_world create_vectors wrong_states wrong_catalogue wrong_indexes present_events);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $crashes = $ENV{LIVE_CRASHES} // 3;
my $sessions = $ENV{LIVE_SESSIONS} // 4;
my $seed = $ENV{LIVE_SEED} // time % 100000;
my @phases = split /,/, $ENV{LIVE_PHASES} // 'events,training,background,activation,bulk,index';
srand $seed;
diag "LIVE_SEED=$seed LIVE_CRASHES=$crashes LIVE_SESSIONS=$sessions LIVE_PHASES=" . join ',', @phases;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Commits wait for the log to be written: to the operating system, which stays up.
$node->append_conf('postgresql.conf', "fsync = off\nsynchronous_commit = on\ncheckpoint_timeout = 30\nmax_prepared_transactions = 20\ndeadlock_timeout = 100ms\n");
$node->start;
create_world($node);
create_vectors($node);

my $driver = Live::Driver->new($node, seed => $seed, sessions => $sessions, directory => PostgreSQL::Test::Utils::tempdir());
$driver->begin_ledger(present_events($node));

# Kills the postmaster and all its children, none of which is left the time to do anything.
sub kill_server
{
    my $postmaster = $node->{_pid};
    kill 'STOP', $postmaster;
    my @children;
    foreach my $file (glob '/proc/[0-9]*/stat')
    {
        open my $stat, '<', $file or next;
        my ($pid, $parent) = (<$stat> // '') =~ /^(\d+) \(.*\) \S (\d+)/ or next;
        push @children, $pid if $parent == $postmaster;
    }
    kill 'KILL', @children, $postmaster;
    $node->kill9;
    # A process that nobody has reaped yet keeps the data directory locked.
    for (1 .. 600)
    {
        last if !grep { kill 0, $_ } @children, $postmaster;
        sleep 0.05;
    }
    return scalar @children;
}

# What goes on beside the traffic: statements, one transaction after the other.
sub one_of { return $_[ rand @_ ] }
my ($turn, @interrupted) = (0);
my %beside = (
    training => sub {
        my $left = shift @interrupted;
        return $left ? "CALL holomamba.resume_training('$left->[0]', $left->[1])" : sprintf "CALL holomamba.train('%s', 3)", one_of(qw(sales ties visits));
    },
    background => sub {
        return "SELECT holomamba.start_training(m, 3) FROM unnest('{sales,visits}'::text[]) m WHERE NOT EXISTS (SELECT FROM holomamba.versions v WHERE v.model = m AND v.status = 'training')"
            if $turn++ % 2;
        return 'SELECT pg_sleep(0.2)';
    },
    activation => sub { return sprintf "SELECT holomamba.activate('%s', %d)", one_of(qw(sales ties visits)), one_of(1, 2) },
    bulk => sub {
        my $file = PostgreSQL::Test::Utils::tempdir() . '/bulk';
        append_to_file($file, join('', map { sprintf "%d\t%d\t%d\n", 1 + rand 60, 1 + rand 30, 100 + rand 5000 } 1 .. 200 + rand 1500));
        return "\\copy sales (user_id, item_id, t) FROM '$file'";
    },
    index => sub {
        my @work = (
            "SELECT holomamba.refit_index('vectors_x')", "SELECT holomamba.refit_index('holomamba.visits_items_target_idx')", 'REINDEX INDEX vectors_x',
            'CREATE INDEX IF NOT EXISTS again ON vectors USING holomamba (x)', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS again ON vectors USING holomamba (x)', 'DROP INDEX IF EXISTS again', 'VACUUM vectors');
        my $id = 10000 + 1000 * ++$turn;
        return $work[ rand @work ] if $turn % 2;
        return one_of("INSERT INTO vectors SELECT i, hrr_random(40, i) FROM generate_series($id, $id + 300) i ON CONFLICT DO NOTHING",
            sprintf('DELETE FROM vectors WHERE id %% 13 = %d', rand 13), sprintf('UPDATE vectors SET x = hrr_random(40, id + %d) WHERE id %% 17 = %d', $id, rand 17));
    },
);

my $doubtful = 0;
foreach my $round (1 .. $crashes)
{
    my ($when, $children) = (time + 0.5 + rand 2.5, 0);
    my $phase = $phases[ ($seed + $round) % @phases ];
    $driver->connect($beside{$phase});
    $driver->run(until => sub { time > $when && ($children ||= kill_server()) });
    $driver->disconnect;
    cmp_ok($children, '>', $sessions, "killed, round $round: $phase");
    $node->start;

    # What was prepared is still so; what is not any more was ended by the transaction that was cut off.
    my %prepared = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', 'SELECT gid FROM pg_prepared_xacts');
    my @lost = grep { !$prepared{$_} && !$driver->{cut}{$_} } sort keys %{ $driver->{prepared} };
    is("@lost", '', "no prepared transaction is lost, round $round");
    foreach my $gid (keys %{ $driver->{prepared} })
    {
        my $effects = delete $driver->{prepared}{$gid};
        next if !$prepared{$gid};
        my $commit = rand() < 0.5;
        $node->safe_psql('postgres', ($commit ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$gid'");
        $driver->enter(@$effects) if $commit && !$driver->{cut}{$gid};
    }
    $driver->{cut} = {};

    is($driver->missing_events(present_events($node)), '', "no committed event is missing, round $round");
    is(wrong_states($node), '', "states are those of a replay, round $round");
    is(join("\n", splice @{ $driver->{unexpected} }), '', "no statement failed that should not have until then, round $round");
    is(wrong_indexes($node), '', "nothing is wrong with the indexes, round $round");
    is(wrong_catalogue($node), '', "every version is ready or can be resumed, round $round");
    # Some of those that can be are, in the next round that trains; the others go, as what they have left behind would grow.
    my $there = $node->safe_psql('postgres', q{SELECT model, version FROM holomamba.versions WHERE status = 'interrupted' ORDER BY 1, 2});
    @interrupted = grep { rand() < 0.5 } map { [ split /\|/ ] } split /\n/, $there;
    my $kept = join ', ', "('', 0)", map { "('$_->[0]', $_->[1])" } @interrupted;
    $node->safe_psql('postgres', "SELECT holomamba.forget_version(model, version) FROM holomamba.versions WHERE NOT active AND version > 2 AND (model, version) NOT IN ($kept)");
    $doubtful += keys %{ $driver->{doubtful} };
    $driver->begin_ledger(present_events($node));
}
my $log = slurp_file($node->logfile);
my $redone = () = $log =~ /redo done|redo is not required/g;
is($redone, $crashes, 'the server recovered each time');
unlike($log, qr/PANIC/, 'and nothing panicked');
diag "$driver->{transactions} transactions, $driver->{statements} statements, $doubtful events of which the server did not say whether they were committed";

# And traffic goes on.
$driver->connect;
$driver->run(seconds => 1);
$driver->disconnect;
is(wrong_states($node), '', 'states are those of a replay at the end');
is($driver->missing_events(present_events($node)), '', 'the events are those that were committed at the end');
$node->stop;

done_testing();
