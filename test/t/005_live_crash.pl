# The server, killed at random moments under random traffic with every process it has: after each recovery every state is
# that of a replay, and no event is missing whose commit was acknowledged.
#
#   LIVE_CRASHES    how often it is killed (3)
#   LIVE_SESSIONS   sessions with traffic (4)
#   LIVE_SEED       seed (from the clock; it is printed)
use strict;
use warnings;

use Live::Driver;
use Live::World qw(create_world wrong_states present_events);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $crashes = $ENV{LIVE_CRASHES} // 3;
my $sessions = $ENV{LIVE_SESSIONS} // 4;
my $seed = $ENV{LIVE_SEED} // time % 100000;
srand $seed;
diag "LIVE_SEED=$seed LIVE_CRASHES=$crashes LIVE_SESSIONS=$sessions";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Commits wait for the log to be written: to the operating system, which stays up.
$node->append_conf('postgresql.conf', "fsync = off\nsynchronous_commit = on\ncheckpoint_timeout = 30\nmax_prepared_transactions = 20\ndeadlock_timeout = 100ms\n");
$node->start;
create_world($node);

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

my $doubtful = 0;
foreach my $round (1 .. $crashes)
{
    my ($when, $children) = (time + 0.5 + rand 2.5, 0);
    $driver->connect;
    $driver->run(until => sub { time > $when && ($children ||= kill_server()) });
    $driver->disconnect;
    cmp_ok($children, '>', $sessions, "killed, round $round");
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
    $doubtful += keys %{ $driver->{doubtful} };
    $driver->begin_ledger(present_events($node));
}
my $log = slurp_file($node->logfile);
my $redone = () = $log =~ /redo done/g;
is($redone, $crashes, 'the log was replayed each time');
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
