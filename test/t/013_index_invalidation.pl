# The index holomamba in sessions that hear of changes to it while they use it: what they keep of it is freed under their hands.
# And builds that are broken off.
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

# Long enough for the timeout to come while the transform is fitted or rows are quantised
$node->safe_psql('postgres', 'CREATE TABLE wide AS SELECT i AS id, hrr_random(1000, i) AS x FROM generate_series(1, 3000) i');
my ($out, $err);
$node->psql('postgres', q{
    SET statement_timeout = '300ms';
    CREATE INDEX wide_x ON wide USING holomamba (x);
    SELECT count(*) FROM pg_class WHERE relname = 'wide_x';
    SET statement_timeout = 0;
    CREATE INDEX wide_x ON wide USING holomamba (x);
    SET statement_timeout = '300ms';
    SELECT holomamba.refit_index('wide_x');
    REINDEX INDEX wide_x;
    SET statement_timeout = 0;
    SELECT * FROM holomamba.check_index('wide_x');
    SET enable_seqscan = off;
    SELECT id FROM wide ORDER BY x <#> hrr_random(1000, 7) LIMIT 1}, on_error_stop => 0, stdout => \$out, stderr => \$err);
is(scalar(() = $err =~ /canceling statement due to statement timeout/g), 3, 'builds are cancelled');
is($out, "0\n7", '... and leave nothing, or the index as it was');

$node->stop;
done_testing();
