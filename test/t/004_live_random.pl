# live = replay: after thousands of random transactions from several sessions, in all ways in which events can come, change
# and go, every state is that of a replay, and every committed event is there.
#
#   LIVE_SECONDS    how long the traffic lasts (12)
#   LIVE_SESSIONS   sessions with traffic (4)
#   LIVE_SEED       seed (from the clock; it is printed)
use strict;
use warnings;

use Live::Driver;
use Live::World qw(create_world wrong_states present_events);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{LIVE_SECONDS} // 12;
my $sessions = $ENV{LIVE_SESSIONS} // 4;
my $seed = $ENV{LIVE_SEED} // time % 100000;
diag "LIVE_SEED=$seed LIVE_SECONDS=$seconds LIVE_SESSIONS=$sessions";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_prepared_transactions = 20\ndeadlock_timeout = 100ms\n");
$node->start;
create_world($node);
is(wrong_states($node), '', 'states are those of a replay at the beginning');

# The oracle can fail.
$node->safe_psql('postgres', 'ALTER TABLE sales DISABLE TRIGGER USER; UPDATE sales SET item_id = item_id % 25 + 1 WHERE user_id = 1; DELETE FROM sales WHERE user_id = 2');
is(wrong_states($node), "sales|1|vector\nsales|2|no events\nties|1|vector\nties|2|no events", 'what goes by the triggers is found');
$node->safe_psql('postgres', q(ALTER TABLE sales ENABLE TRIGGER USER; SELECT holomamba.rebuild_state('sales'), holomamba.rebuild_state('ties')));

my $driver = Live::Driver->new($node, seed => $seed, sessions => $sessions, directory => PostgreSQL::Test::Utils::tempdir());
$driver->begin_ledger(present_events($node));
$driver->connect;

sub check
{
    my ($when) = @_;
    is(wrong_states($node), '', "states are those of a replay $when");
    is($driver->missing_events(present_events($node)), '', "the events are those that were committed $when");
    is(join("\n", splice @{ $driver->{unexpected} }), '', "no statement failed that should not have $when");
}

# Statements that insert, whatever users they are of, wait for each other in one order: none of them ever fails.
$driver->run(seconds => $seconds / 4, transaction => sub { $_[0]->insert });
is(join(' ', grep { $_ ne '23503' } keys %{ $driver->{errors} }), '', 'inserts of one statement do not fail');
check('after inserts');

# Items that come beside events with them. Most of what goes wrong is mended by a later event, which is why this is often looked at
foreach my $round (1 .. 6)
{
    $driver->run(seconds => $seconds / 24, alone => 1, transaction => sub { $_[0]->fresh_items });
    check("after new items, round $round");
}

# Checked in between: often at first, in a long run every half a minute.
my $left = $seconds / 2;
for (my $round = 1; $left > 0; $round++)
{
    my $part = $left < 2 * 30 ? $left / 2 + 0.5 : 30;
    $driver->run(seconds => $part);
    $left -= $part;
    check("after round $round");
    last if !Test::More->builder->is_passing;
}
diag sprintf '%d transactions, %d statements, %d repeated; errors: %s', @$driver{qw(transactions statements retries)},
    join ', ', map { "$_ x $driver->{errors}{$_}" } sort keys %{ $driver->{errors} };
cmp_ok($driver->{statements}, '>', 50 * $seconds, 'there was traffic');
$driver->disconnect;
unlike(slurp_file($node->logfile), qr/was terminated by signal|PANIC/, 'nothing crashed');
$node->stop;

done_testing();
