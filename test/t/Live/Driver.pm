# Sessions under random traffic, and what they committed: every insert and delete is told by Live::World's triggers and
# entered in a ledger outside the server once the server has acknowledged the commit.
package Live::Driver;
use strict;
use warnings;

use IO::Poll qw(POLLIN POLLHUP);
use Live::Session;
use Live::Traffic;
use Time::HiRes 'time';

# A driver for a node: seed, number of sessions, and a directory for files.
sub new
{
    my ($class, $node, %arguments) = @_;
    my $self = bless {
        node => $node, %arguments,
        ledger => {}, doubtful => {}, prepared => {}, cut => {}, unexpected => [],
        statements => 0, transactions => 0, retries => 0, errors => {},
    }, $class;
    foreach my $number (1 .. $self->{sessions})
    {
        push @{ $self->{traffic} },
            Live::Traffic->new(name => "traffic$number", seed => $self->{seed} * 1000 + $number, directory => $self->{directory});
    }
    $self->{administration} = Live::Traffic->new(name => 'administration', seed => $self->{seed} * 1000);
    return $self;
}

# Opens the sessions: one for each generator, one that administers, one that ends what others have prepared; and one more, where a
# function is given that says what its transactions are.
sub connect
{
    my ($self, $more) = @_;
    my $connection = $self->{node}->connstr('postgres');
    $self->{workers} = [
        map { { traffic => $_, session => Live::Session->new($_->{name}, $connection) } } @{ $self->{traffic} }, $self->{administration} ];
    $self->{resolver} = { session => Live::Session->new('resolver', $connection), queue => [ sort keys %{ $self->{prepared} } ] };
    push @{ $self->{workers} }, $self->{resolver};
    push @{ $self->{workers} }, { next => $more, session => Live::Session->new('more', $connection) } if $more;
}

sub disconnect
{
    my ($self) = @_;
    $_->{session}->close foreach @{ $self->{workers} };
}

# Traffic for so many seconds, or until a function returns true; then all sessions finish what they have begun, unless a
# kill has cut them off. A function may be given that is asked for the transactions of the sessions, and then nobody administers
# if `alone` is true: an activation would mend what they break.
sub run
{
    my ($self, %arguments) = @_;
    my $end = time + ($arguments{seconds} // 1e9);
    my $transaction = $arguments{transaction} // sub { $_[0]->transaction };
    my $alone = $arguments{alone};
    my $stop = 0;
    while (1)
    {
        $stop ||= time > $end || ($arguments{until} && $arguments{until}->());
        foreach my $worker (@{ $self->{workers} })
        {
            next if $worker->{session}->busy || !$worker->{session}->alive;
            next if $alone && ($worker->{traffic} // 0) == $self->{administration};
            my @statements = $worker->{retry} ? @{ $worker->{retry} } : $self->next_transaction($worker, $stop, $transaction);
            next if !@statements;
            $worker->{transaction} = \@statements;
            $worker->{since} = time;
            $worker->{session}->send(@statements);
        }
        my @busy = grep { $_->{session}->busy && $_->{session}->alive } @{ $self->{workers} };
        last if !@busy;
        $self->wait(@busy);
    }
}

sub next_transaction
{
    my ($self, $worker, $stop, $transaction) = @_;
    return $stop ? () : $worker->{next}->() if $worker->{next};
    if (!$worker->{traffic})
    {
        my $gid = shift @{ $worker->{queue} };
        return if !defined $gid;
        $worker->{gid} = $gid;
        return ($self->{statements} % 4 ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$gid'";
    }
    return if $stop;
    return $transaction->($worker->{traffic}) if $worker->{traffic} != $self->{administration};
    return if $worker->{since} && time < $worker->{since} + 0.5;
    return $worker->{traffic}->administration;
}

sub wait
{
    my ($self, @busy) = @_;
    my $poll = IO::Poll->new;
    $poll->mask($_->{session}->handle => POLLIN | POLLHUP) foreach @busy;
    $poll->poll(0.2);
    foreach my $worker (@busy)
    {
        my $session = $worker->{session};
        my $replies = $poll->events($session->handle) ? $session->receive : undef;
        if (!$session->alive)
        {
            $self->settle($worker, $session->replies_so_far);
        }
        elsif ($replies)
        {
            $self->settle($worker, $replies);
        }
        elsif (time > $worker->{since} + 120)
        {
            die "no reply for two minutes to:\n" . join(";\n", @{ $worker->{transaction} }) . "\n"
                . $self->{node}->safe_psql('postgres', 'SELECT pid, application_name, pg_blocking_pids(pid), query FROM pg_stat_activity WHERE state <> $$idle$$');
        }
    }
}

# Enters a transaction's outcome in the ledger.
sub settle
{
    my ($self, $worker, $replies) = @_;
    my @statements = @{ $worker->{transaction} };
    my @effects = ([]);
    my $failed;
    $self->{transactions}++;
    foreach my $n (0 .. $#$replies)
    {
        my $statement = $statements[$n] // '';
        my ($state, @lines) = ($replies->[$n]{state}, @{ $replies->[$n]{lines} });
        $self->{statements}++;
        if ($state ne '00000')
        {
            $failed //= $state if $state !~ /^(25P02|3B001)$/;
            $self->note_error($worker, $state, $statement, @lines) if $state !~ /^(25P02|3B001)$/;
            push @{ $effects[-1] }, told(@lines) if $state eq '08006';
            next;
        }
        push @{ $effects[-1] }, told(@lines);
        push @effects, [] if $statement =~ /^SAVEPOINT/;
        $effects[-1] = [] if $statement =~ /^ROLLBACK TO/;
        if ($statement =~ /^RELEASE/)
        {
            my $released = pop @effects;
            push @{ $effects[-1] }, @$released;
        }
    }
    my @all = map { @$_ } @effects;
    my $cut = $replies->[-1]{state} eq '08006';
    my $ended = $cut ? '' : $replies->[-1]{lines}[-1] // '';
    $worker->{retry} = undef;
    if ($worker->{gid} && !$cut)
    {
        my $prepared = delete $self->{prepared}{ delete $worker->{gid} };
        $self->enter(@$prepared) if $ended eq 'COMMIT PREPARED';
    }
    elsif ($cut)
    {
        $self->cut_off($worker, @all);
    }
    elsif ($ended eq 'PREPARE TRANSACTION')
    {
        my ($gid) = $statements[-1] =~ /'(\w+)'/;
        $self->{prepared}{$gid} = \@all;
        push @{ $self->{resolver}{queue} }, $gid;
    }
    elsif ($ended eq 'COMMIT' || (@statements == 1 && !$failed))
    {
        $self->enter(@all);
    }
    elsif ($failed && $failed =~ /^40/ && ++$worker->{tries} < 10)
    {
        $self->{retries}++;
        $worker->{retry} = \@statements;
        return;
    }
    $worker->{tries} = 0;
}

# "+ sales 12", "- visits 7", from the messages of the ledger's triggers.
sub told
{
    return map { my ($table, $sign, $ids) = /INFO:  00000: ledger (\w+) ([-+]) ([\d ]+)/; $table ? map { "$sign $table $_" } split / /, $ids : () } @_;
}

# How often an event has come, less how often it has gone: ON CONFLICT may bring one back that went a moment ago.
sub enter
{
    my ($self, @effects) = @_;
    foreach (@effects)
    {
        my ($sign, $event) = /^(.) (.*)$/;
        $self->{ledger}{$event} += $sign eq '+' ? 1 : -1;
    }
}

# The server was killed under a transaction: whether it has committed is only known if the server says so later.
sub cut_off
{
    my ($self, $worker, @effects) = @_;
    my $last = $worker->{transaction}[-1];
    my ($gid) = $last =~ /^(?:PREPARE TRANSACTION|COMMIT PREPARED|ROLLBACK PREPARED) '(\w+)'/;
    if ($gid)
    {
        $self->{prepared}{$gid} //= \@effects;
        $self->{cut}{$gid} = 1;
        @effects = @{ $self->{prepared}{$gid} };
        delete $worker->{gid};
    }
    $self->{doubtful}{ substr $_, 2 } = 1 foreach @effects;
}

# Errors that the traffic cannot but meet. Anything else is a finding.
sub note_error
{
    my ($self, $worker, $state, $statement, @lines) = @_;
    my $message = join ' ', grep { /(ERROR|FATAL):/ } @lines;
    $self->{errors}{$state}++;
    my $level = $worker->{transaction}[0] =~ /^BEGIN ISOLATION LEVEL (REPEATABLE|SERIAL)/;
    return if $state eq '08006' || $state eq '40P01' || $state eq '23503';
    # visits has one id at several times (its key is both): an UPDATE may give two of them the same one.
    return if $state eq '23505' && $statement =~ /^UPDATE visits\b/ && $message =~ /"visits_\w*id_t_idx"/;
    return if $state eq '40001' && ($level || $message =~ /moved to another partition/);
    # A training that comes just after a TRUNCATE.
    return if $state eq '55000' && $message =~ /there are no events to train on/;
    push @{ $self->{unexpected} }, "$state $message\n    $statement\n" . join('', map { "        $_\n" } @lines);
}

# How the events that there are differ from those in the ledger, as text: empty, if they do not.
sub missing_events
{
    my ($self, $present) = @_;
    my $ledger = $self->{ledger};
    my %events = (%$ledger, %$present);
    my @certain = grep { !$self->{doubtful}{$_} } sort keys %events;
    my @lost = grep { ($ledger->{$_} // 0) > ($present->{$_} // 0) } @certain;
    my @more = grep { ($ledger->{$_} // 0) < ($present->{$_} // 0) } @certain;
    return join '; ', (@lost ? "lost: @lost" : ()), (@more ? "never committed, or deleted: @more" : ());
}

# What is there now is where the ledger begins, or begins again after a kill.
sub begin_ledger
{
    my ($self, $present) = @_;
    $self->{ledger} = {%$present};
    $self->{doubtful} = {};
}

1;
