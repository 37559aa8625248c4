# Memory that is exhausted, and threads that cannot be started, in the middle of everything that the extension does: an error that
# says so, of the statement and of nothing else, and the state is as if it had not been tried.
#
#   MEMORY_TRIES    how many of a statement's allocations are made to fail, of each kind (40)
#   MEMORY_ONLY     which statements, as a regular expression for their names (all)
#   MEMORY_SEED     seed (from the clock; it is printed)
use strict;
use warnings;

use Live::Session;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $tries = $ENV{MEMORY_TRIES} // 40;
my $seed = $ENV{MEMORY_SEED} // time % 100000;
srand $seed;
diag "MEMORY_SEED=$seed MEMORY_TRIES=$tries";

# What decides on which allocation fails is loaded into the server by force.
my $library = PostgreSQL::Test::Utils::tempdir_short() . '/failing_allocations.so';
chomp(my $headers = `"$ENV{PG_CONFIG}" --includedir-server`);
system('gcc', '-O2', '-fPIC', '-shared', '-I', $headers, '-o', $library, 'test/long/failing_allocations.c', '-ldl') == 0 or BAIL_OUT('the library was not built');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Compilation is off: LLVM ends a process that is out of memory, of any database.
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_prepared_transactions = 10\nmax_parallel_workers_per_gather = 0\nrestart_after_crash = on\njit = off\n");
{
    local $ENV{LD_PRELOAD} = $library;
    $node->start;
}

my $options = '{"dimension": 64, "layers": 2, "state_size": 4, "epochs": 1, "threads": 2}';
$node->safe_psql('postgres', qq{
    CREATE EXTENSION holomamba;
    CREATE FUNCTION fail_allocation(bigint, boolean) RETURNS integer AS '$library' LANGUAGE C STRICT;
    CREATE FUNCTION allocations() RETURNS bigint AS '$library' LANGUAGE C;
    CREATE TABLE goods (item_id integer PRIMARY KEY, genre text, tags text[], price real);
    INSERT INTO goods SELECT i, 'genre ' || i % 7, ARRAY['tag ' || i % 11, 'tag ' || i % 3], i FROM generate_series(1, 1500) i;
    CREATE TABLE events (user_id integer, item_id integer, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events SELECT u, 1 + (u * 37 + n * n) % 1500, n FROM generate_series(1, 300) u, generate_series(1, 20) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', 'goods', 'item_id', '{genre,tags,price}', '$options');
    CREATE TABLE vectors (id bigint PRIMARY KEY, x hrr, f fhrr);
    INSERT INTO vectors SELECT i, hrr_random(200, i), hrr_random(200, i)::fhrr FROM generate_series(1, 2000) i;
    CREATE INDEX vectors_x ON vectors USING holomamba (x, (id::bigint));
});
$node->safe_psql('postgres', "CALL holomamba.train('m')");
$node->safe_psql('postgres', "CALL holomamba.train('m', holdout => 'leave_one_out')");

my $file = PostgreSQL::Test::Utils::tempdir() . '/events';
append_to_file($file, join('', map { sprintf "%d\t%d\t%d\n", $_ % 400, $_ % 1500 + 1, $_ + 1000000 } 1 .. 2000));

# What is tried. What changes something is rolled back, but for what commits by itself.
my @statements = (
    [ 'an event', 'INSERT INTO events VALUES (7, 9, 1000000)' ],
    [ 'an event of a new user', 'INSERT INTO events VALUES (100001, 9, 1)' ],
    [ 'an event with an unknown item', 'INSERT INTO events VALUES (7, 100001, 1000000)' ],
    [ 'a late event', 'INSERT INTO events VALUES (7, 9, 0)' ],
    [ 'many events', 'INSERT INTO events SELECT u, 1 + u * 7 % 1500, 1000000 + n FROM generate_series(1, 600) u, generate_series(1, 5) n' ],
    [ 'events copied', "COPY events FROM '$file'" ],
    [ 'events changed', 'UPDATE events SET item_id = 1 + item_id % 1500 WHERE user_id < 40' ],
    [ 'events deleted', 'DELETE FROM events WHERE user_id < 40 AND t % 3 = 0' ],
    [ 'new items', q(INSERT INTO goods SELECT i, 'genre 1', '{tag 1}', i FROM generate_series(200001, 200050) i) ],
    [ 'items changed', q(UPDATE goods SET genre = 'genre 2' WHERE item_id < 30) ],
    [ 'recommend', 'SELECT count(*) FROM recommend(7, 20)' ],
    [ 'recommend among candidates', 'SELECT count(*) FROM recommend(7, 20, candidates => ARRAY(SELECT generate_series(1, 1000)::bigint), diversity => 0.3)' ],
    [ 'recommend_next', 'SELECT count(*) FROM recommend_next(ARRAY[1, 2, 3]::bigint[], 20)' ],
    [ 'recommend_basket', 'SELECT count(*) FROM recommend_basket(ARRAY[1, 2, 3]::bigint[], 20)' ],
    [ 'similar_items', 'SELECT count(*) FROM similar_items(7, 20, candidates => ARRAY[1, 2, 3])' ],
    [ 'recommend_users', 'SELECT count(*) FROM recommend_users(7, 20)' ],
    [ 'similar_users', 'SELECT count(*) FROM similar_users(7, 20)' ],
    [ 'explain_recommendation', 'SELECT count(*) FROM explain_recommendation(7, 9)' ],
    [ 'recommend_batch', 'SELECT count(*) FROM recommend_batch(NULL::bigint[], 10)' ],
    [ 'evaluate', q(SELECT count(*) FROM holomamba.evaluate('m', version => 2)) ],
    [ 'training', q(CALL holomamba.train('m')), 'alone' ],
    [ 'activation', q(SELECT holomamba.activate('m', 1)) ],
    [ 'rebuild_state', q(SELECT holomamba.rebuild_state('m')) ],
    [ 'check_state', q(SELECT count(*) FROM holomamba.check_state('m')) ],
    [ 'CREATE INDEX', 'CREATE INDEX ON vectors USING holomamba (x)' ],
    [ 'CREATE INDEX CONCURRENTLY', 'CREATE INDEX CONCURRENTLY again ON vectors USING holomamba (x)', 'alone', 'DROP INDEX IF EXISTS again' ],
    [ 'refit_index', q(SELECT holomamba.refit_index('vectors_x')) ],
    [ 'check_index', q(SELECT count(*) FROM holomamba.check_index('vectors_x')) ],
    [ 'an index scan', q(SELECT count(*) FROM (SELECT FROM vectors WHERE id OPERATOR(holomamba.<@) ARRAY(SELECT generate_series(1, 900)::bigint) ORDER BY x <#> hrr_random(200, -1) LIMIT 300) t) ],
    [ 'index entries', 'INSERT INTO vectors SELECT i, hrr_random(200, i) FROM generate_series(3001, 3400) i' ],
    [ 'VACUUM', 'VACUUM vectors', 'alone' ],
    [ 'aggregates', 'SELECT bind(unitary(x)), sum(x), bundle(f), hrr_sequence(x), hrr_ngrams(x, 3), ssm_encode(token) FROM vectors LEFT JOIN holomamba.m_items ON item_id = id' ],
    [ 'algebra', q(SELECT unitary(x * x / ~x), bind_power(x, 2), exact_inverse(x), permute(x, 3), (x::fhrr * f)::hrr::text::hrr, x::real[]::hrr FROM vectors WHERE id < 30) ],
    [ 'new and dropped models', qq(DO \$\$ BEGIN PERFORM holomamba.create_model('other', 'events', 'user_id', 'item_id', '{t}', options => '$options'); PERFORM holomamba.drop_model('other'); END \$\$) ],
);

@statements = grep { $_->[0] =~ /$ENV{MEMORY_ONLY}/ } @statements if $ENV{MEMORY_ONLY};

# Opens a session that is served by one process, and tells which.
sub open_session
{
    # After a crash it takes a moment.
    for (1 .. 600)
    {
        my $session = Live::Session->new('memory', $node->connstr('postgres'));
        my ($reply) = run($session, 'SELECT pg_backend_pid()');
        my ($pid) = grep { /^\d+$/ } @{ $reply->{lines} };
        $session->{process} = $pid;
        return ($session, $pid) if $pid;
        $session->close;
        sleep 0.1;
    }
    die 'no session';
}

# Runs statements and waits for their replies.
sub run
{
    my ($session, @statements) = @_;
    $session->send(@statements);
    my $replies;
    1 until !$session->alive || ($replies = $session->receive);
    return @{ $replies // $session->replies_so_far };
}

# Whether it is the server that ended a session, as it does where it gets no memory to set a variable (guc_malloc), or to reach its statistics (dsm_impl_posix).
sub given_up
{
    my ($session) = @_;
    my $end = `tail -c 400000 @{[$node->logfile]}`;
    return $end =~ /\[$session->{process}\] [^\n]*FATAL:  (?:out of memory|could not map shared memory segment)/;
}

# A statement where memory is short from there on where `limit` says, until `after` says that it is not any more. Returns what
# became of it: an SQLSTATE, or with the session 'given up' or 'lost'.
sub outcome
{
    my ($session, $statement, $limit, $after) = @_;
    my ($name, $sql, $alone, $cleanup) = @$statement;
    run($session, 'BEGIN') if !$alone;
    $limit->();
    my @replies = run($session, $sql);
    return given_up($session) ? 'given up' : 'lost' if !$session->alive;
    $after->();
    my $state = $replies[0]{state};
    @replies = run($session, $alone ? () : 'ROLLBACK', $cleanup // (), 'SELECT 17');
    return "$state, and the session does not go on: @{ $replies[-1]{lines} }" if ($replies[-1]{lines}[-1] // '') ne '17';
    return $state;
}

sub vm_size
{
    my ($pid) = @_;
    my ($kilobytes) = slurp_file("/proc/$pid/status") =~ /^VmSize:\s+(\d+) kB/m;
    return 1024 * $kilobytes;
}

# Limits a process; without a value, to what it may have at most.
sub prlimit
{
    my ($pid, $what, $value) = @_;
    chomp($value //= `prlimit --pid $pid --$what --output HARD --noheadings`);
    system('prlimit', '--pid', $pid, "--$what=$value:") == 0 or die 'prlimit';
}

my %outcomes;
my @wrong;

# 53200: out of memory. 58P01: so said of a library that could not be loaded, 2201B: of a regular expression.
sub enter
{
    my ($what, $statement, $outcome) = @_;
    $outcomes{$what}{$outcome}++;
    # The extension itself never ends a session.
    my $allowed = $what eq 'allocations of the extension' ? qr/^(00000|53200|58P01|2201B)$/ : qr/^(00000|53200|58P01|2201B|given up)$/;
    push @wrong, "$what, $statement->[0]: $outcome" if $outcome !~ $allowed;
}

sub is_well
{
    my ($what) = @_;
    is(join("\n", splice @wrong), '', "$what: nothing but clear errors");
    diag "$what: " . join(', ', map { "$_ x $outcomes{$what}{$_}" } sort keys %{ $outcomes{$what} });
    cmp_ok($outcomes{$what}{53200} // 0, '>', 0, "$what: it did fail");
    cmp_ok(20 * ($outcomes{$what}{'given up'} // 0), '<=', $outcomes{$what}{53200} // 0, "$what: few sessions did the server give up");
    unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|server process .* (was terminated|exited with exit code)/, "$what: no process died");
    is($node->safe_psql('postgres', q{SELECT * FROM holomamba.check_state('m')}), '', "$what: states are those of a replay");
    is($node->safe_psql('postgres', q{SELECT i, c.* FROM (VALUES ('vectors_x'), ('holomamba.m_items_target_idx')) v (i), holomamba.check_index(i::regclass) c}), '', "$what: nothing is wrong with the indexes");
    is($node->safe_psql('postgres', q{SELECT count(*) FROM holomamba.parameters p JOIN holomamba.versions v USING (model, version) WHERE v.status <> 'ready'}), '0', "$what: no half-trained weights");
    $node->safe_psql('postgres', q{SELECT holomamba.forget_version(model, version) FROM holomamba.versions WHERE status <> 'ready' OR (version > 2 AND NOT active)});
}

# Address space that ends a little further on, in a session that has done the same before and in one that has not
foreach my $warm (0, 1)
{
    foreach my $statement (@statements)
    {
        for (my ($more, $done) = (0, 0); $more < 2**31 && $done < 2; $more = $more ? 2 * $more : 65536)
        {
            my ($session, $pid) = open_session();
            outcome($session, $statement, sub { }, sub { }) if $warm;
            my $outcome = outcome($session, $statement, sub { prlimit($pid, 'as', vm_size($pid) + $more) }, sub { prlimit($pid, 'as') });
            enter('address space', $statement, $outcome);
            $done++ if $outcome eq '00000';
            $session->close;
        }
    }
}
is_well('address space');

# No thread can be started: what was to run beside the session's own runs in it
foreach my $statement (@statements)
{
    my ($session, $pid) = open_session();
    enter('threads', $statement, outcome($session, $statement, sub { prlimit($pid, 'nproc', 1) }, sub { prlimit($pid, 'nproc') }));
    $session->close;
}
is(join(' ', keys %{ $outcomes{threads} }), '00000', 'without threads everything goes on');

# One allocation after the other: of the extension and its libraries, then of the server on its behalf; in sessions that have never
# done the like, and in one that has
foreach my $ours ('true', 'false')
{
    my $what = $ours eq 'true' ? 'allocations of the extension' : 'allocations of the server';
    foreach my $statement (@statements)
    {
        foreach my $warm (0, 1)
        {
            my $session;
            my $begin = sub {
                return if $warm && $session && $session->alive;
                $session->close if $session;
                ($session) = open_session();
                # The server gives up a session that gets no memory while it loads a library.
                run($session, q(LOAD 'plpgsql'), q(LOAD 'holomamba'));
                outcome($session, $statement, sub { }, sub { }) if $warm;
            };
            my $count = 0;
            $begin->();
            outcome($session, $statement, sub { run($session, "SELECT fail_allocation(1000000000, $ours)") },
                sub { my ($reply) = run($session, 'SELECT allocations()'); ($count) = grep { /^\d+$/ } @{ $reply->{lines} } });
            my %chosen = map { ($_ => 1) } $count <= $tries ? 1 .. $count : ((1 .. $tries / 3), (map { 1 + int rand $count } 1 .. 2 * $tries / 3));
            foreach my $n (sort { $a <=> $b } keys %chosen)
            {
                $begin->();
                enter($what, $statement, outcome($session, $statement, sub { run($session, "SELECT fail_allocation($n, $ours)") }, sub { run($session, 'SELECT allocations()') }));
            }
            $session->close;
        }
    }
    is_well($what);
}

# A training in the background
$node->safe_psql('postgres', q{SELECT holomamba.forget_version(model, version) FROM holomamba.versions WHERE NOT active});
my $postmaster = $node->{_pid};
foreach my $more (0, map { 2**$_ * 1048576 } 0 .. 9)
{
    prlimit($postmaster, 'as', vm_size($postmaster) + $more);
    my ($status, $out) = $node->psql('postgres', q{SELECT holomamba.start_training('m')});
    prlimit($postmaster, 'as');
    next if $status != 0;
    $node->poll_query_until('postgres', "SELECT holomamba_internal.training_pid($out) IS NULL") or die 'the training goes on';
    my $state = $node->safe_psql('postgres', "SELECT status, message FROM holomamba.versions WHERE training_id = $out");
    $outcomes{'in the background'}{ $state =~ /^ready/ ? '00000' : 53200 }++;
    push @wrong, "in the background with $more: $state" if $state !~ /^(ready\||failed\|(out of memory|.*Cannot allocate memory)|interrupted\|)/;
}
is_well('in the background');

$node->stop;
done_testing();
