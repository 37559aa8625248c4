# A psql that is not waited for: statements go in, a reply for each is collected as it comes. Many of them are served by
# one loop over poll().
package Live::Session;
use strict;
use warnings;

use IPC::Open3;

# Opens a session as an array of command and arguments. Standard error goes where standard output goes, in order.
sub new
{
    my ($class, $name, $connection) = @_;
    my $self = bless { name => $name, buffer => '', replies => [], lines => [], expected => 0 }, $class;
    $self->{pid} = open3(my $in, my $out, undef, 'psql', '-XAt', '-d', "$connection application_name=$name");
    $self->{in} = $in;
    $self->{out} = $out;
    $in->autoflush(1);
    syswrite($in, "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\nSET client_min_messages = error;\n");
    return $self;
}

sub name { return $_[0]{name}; }
sub handle { return $_[0]{out}; }
sub busy { return $_[0]{expected} > 0; }
sub alive { return defined $_[0]{out}; }

# Sends statements, without waiting for the replies.
sub send
{
    my ($self, @statements) = @_;
    $self->{replies} = [];
    $self->{lines} = [];
    $self->{expected} = @statements;
    local $SIG{PIPE} = 'IGNORE';
    syswrite($self->{in}, join('', map { (/^\\/ ? $_ : "$_;") . "\n\\echo @@\n" } @statements));
}

# Reads what has come. Returns the replies once all are there: [{ state => SQLSTATE, lines => [...] }, ...]. A session
# whose server is gone is not alive any more, and what it has of its replies stays in `replies`.
sub receive
{
    my ($self) = @_;
    my $read = sysread($self->{out}, $self->{buffer}, 65536, length $self->{buffer});
    if (!$read)
    {
        $self->close;
        return;
    }
    while ($self->{buffer} =~ s/^(.*)\n//)
    {
        my $line = $1;
        if ($line eq '@@')
        {
            # Not psql's variable SQLSTATE: that tells nothing of an error at the end of a \copy.
            my ($state) = map { /ERROR:  (\w{5}):/ } @{ $self->{lines} };
            push @{ $self->{replies} }, { state => $state // '00000', lines => $self->{lines} };
            $self->{lines} = [];
        }
        elsif ($line =~ /server closed the connection|connection to server was lost/)
        {
            $self->close;
            return;
        }
        else
        {
            push @{ $self->{lines} }, $line;
        }
    }
    return if !$self->{expected} || @{ $self->{replies} } < $self->{expected};
    $self->{expected} = 0;
    return $self->{replies};
}

# What came of the statements sent last, the one that was cut off included.
sub replies_so_far
{
    my ($self) = @_;
    return [ @{ $self->{replies} }, { state => '08006', lines => $self->{lines} } ];
}

sub close
{
    my ($self) = @_;
    return if !defined $self->{out};
    close $self->{in};
    # Else a psql in the middle of a statement would be waited for.
    kill 'TERM', $self->{pid};
    close $self->{out};
    waitpid $self->{pid}, 0;
    $self->{out} = undef;
}

1;
