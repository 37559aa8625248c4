# The index holomamba in sessions that hear of changes to it while they use it: what they keep of it is freed under their hands.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
$node->start;
# Vectors that are stored apart: to read one, a session takes a lock, and that is where it hears.
$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE items (id integer PRIMARY KEY, name text, note integer, x hrr);
    INSERT INTO items SELECT i, 'name ' || i, 0, hrr_random(1000, i) FROM generate_series(1, 200) i;
    CREATE INDEX items_x ON items USING holomamba (x, name)});

my $directory = PostgreSQL::Test::Utils::tempdir();
my %script = (
    update => "UPDATE items SET note = note + 1 WHERE id <= 100 AND id % 2 = :n % 2;\n",
    other => "UPDATE items SET name = 'name ' || id + 200 * (:n % 2) WHERE id > 100 AND id % 2 = :n % 2;\n",
    scan => "SET enable_seqscan = off; SELECT count(*) FROM items q, LATERAL (SELECT id FROM items WHERE name OPERATOR(holomamba.<@) ARRAY['name 7', 'name ' || q.id] ORDER BY x <#> q.x LIMIT 2) i WHERE q.id % 20 = :n % 20;\n",
    analyze => "ANALYZE items;\n",
    vacuum => "VACUUM items;\n");
my @sessions;
foreach my $kind (qw(update other scan analyze vacuum))
{
    my $text = '';
    $text .= $script{$kind} =~ s/:n\b/$_/gr for 1 .. ($kind =~ /analyze|vacuum/ ? 100 : 30);
    append_to_file("$directory/" . @sessions . ".sql", $text);
    my %s = (out => '', err => '');
    $s{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$directory/" . @sessions . '.sql' ], '<', \undef, '>', \$s{out}, '2>', \$s{err},
        IPC::Run::timer(180));
    push @sessions, \%s;
}
eval { $_->{run}->finish } foreach @sessions;
is(join('', map { $_->{err} } @sessions), '', 'no session failed');
is($node->safe_psql('postgres', q{SELECT * FROM holomamba.check_index('items_x')}), '', 'nothing is wrong with the index');

$node->stop;
done_testing();
