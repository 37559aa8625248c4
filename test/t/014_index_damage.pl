# Damaged files of the index holomamba, without checksums to tell: whatever is asked of them ends in an answer or an error, and
# REINDEX mends them.
#
#   INDEX_DAMAGE_SEED=7     other damage (1)
#   INDEX_DAMAGE_FILES=20   so many files with each kind of it (3)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{INDEX_DAMAGE_SEED} || 1;
srand($seed);
my $page = 8192;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\n");
$node->start;

# What happens to a file, given as a list of pages: 0 is the meta page, then come the transform, and extents of a sketch page and
# detail pages.
sub flip { my ($pages, $number, $from, $to) = @_; substr($pages->[$number], $from + int rand($to - $from), 1) ^= chr(1 << int rand 8) for 1 .. 1 + int rand 4; }
sub any { my ($pages) = @_; return 1 + int rand(@$pages - 1) }
my %damage = (
    'bits of the meta data' => sub { flip($_[0], 0, 64, 112) },
    'a byte of the meta data' => sub { substr($_[0][0], 64 + int rand 48, 1) = chr(int rand 256) },
    'a number of the meta data' => sub { substr($_[0][0], 64 + 4 * int rand 12, 4) = pack('V', (0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0, 1, 1 << 20)[ int rand 6 ]) },
    'bits of a header' => sub { my $number = int rand(@{ $_[0] }); flip($_[0], $number, 0, 24) },
    'bits of a tail' => sub { my $number = int rand(@{ $_[0] }); flip($_[0], $number, $page - 16, $page) },
    'bits of a page' => sub { my $number = any($_[0]); flip($_[0], $number, 64, $page) },
    'half a page' => sub { my $number = any($_[0]); substr($_[0][$number], 64, $page / 2) = join '', map { chr(int rand 256) } 1 .. $page / 2 },
    'ones in a page' => sub { my $number = any($_[0]); my $at = 64 + int rand($page - 600); substr($_[0][$number], $at, 512) = "\xFF" x 512 },
    'a page of zeros' => sub { $_[0][ int rand(@{ $_[0] }) ] = "\0" x $page },
    'two pages exchanged' => sub { my ($pages) = @_; my ($a, $b) = (any($pages), any($pages)); @$pages[ $a, $b ] = @$pages[ $b, $a ] },
    'the end gone' => sub { my ($pages) = @_; splice @$pages, 1 + int rand(@$pages - 1) });
my @cases = map { my $kind = $_; map { $kind } 1 .. $ENV{INDEX_DAMAGE_FILES} || 3 } sort keys %damage;

$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE source AS SELECT i AS id, CASE WHEN i % 50 <> 1 THEN hrr_random(40, i) * exp(sin(i)) END AS x FROM generate_series(1, 900) i;
} . join "\n", map { qq{
    CREATE TABLE t$_ AS SELECT * FROM source;
    CREATE INDEX t${_}_x ON t$_ USING holomamba (x, (id::bigint));
    DELETE FROM t$_ WHERE id % 9 = 0;
} } 0 .. $#cases);
my @files = map { $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('t${_}_x')") } 0 .. $#cases;
$node->safe_psql('postgres', 'CHECKPOINT');
$node->stop;
foreach my $case (0 .. $#cases)
{
    my $bytes = slurp_file($files[$case]);
    my @pages = unpack "(a$page)*", $bytes;
    $damage{ $cases[$case] }->(\@pages);
    open my $file, '>:raw', $files[$case] or die;
    print $file @pages;
    close $file;
}
$node->start;
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

my ($errors, $crashed) = (0, '');
foreach my $case (0 .. $#cases)
{
    my $all = 'ORDER BY x <#> hrr_random(40, -1)';
    $node->psql('postgres', qq{
        SET statement_timeout = '100s'; SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off;
        SELECT count(*) FROM (SELECT id FROM t$case $all LIMIT 20) t;
        SELECT count(*) FROM (SELECT id FROM t$case $all OFFSET 0) t;
        SELECT count(*) FROM (SELECT id FROM t$case WHERE id::bigint OPERATOR(holomamba.<@) '{1,2,3,50,400,401}' $all) t;
        SELECT count(*) FROM t$case;
        SELECT count(*) FROM holomamba.check_index('t${case}_x');
        INSERT INTO t$case SELECT 1000 + i, hrr_random(40, i) FROM generate_series(1, 300) i;
        VACUUM t$case;
        UPDATE t$case SET x = -x WHERE id % 5 = 0;
        SELECT count(*) FROM (SELECT id FROM t$case $all OFFSET 0) t;
        VACUUM t$case;
        SELECT holomamba.refit_index('t${case}_x')}, on_error_stop => 0, stderr => \my $messages);
    $errors += () = $messages =~ /ERROR:/g;
    $crashed .= "$cases[$case] (t$case): $messages" if $messages =~ /server closed|connection to server|statement timeout|out of memory/;
}
note "seed $seed: $errors errors";
is($crashed, '', 'every statement ended in an answer or an error');
cmp_ok($errors, '>', 50, 'errors were met');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server has not crashed');
is($node->safe_psql('postgres', join ";", map { "SELECT 't$_ has ' || pg_size_pretty(pg_relation_size('t$_')) WHERE pg_relation_size('t$_') > 2000000 OR pg_relation_size('t${_}_x') > 4000000" } 0 .. $#cases), '', 'no file has grown');

my $problems = $node->safe_psql('postgres', join "\n", 'SET enable_seqscan = off;', map { qq{
    REINDEX TABLE t$_;
    SELECT 't$_', * FROM holomamba.check_index('t${_}_x');
    SELECT 't$_', count(*), count(DISTINCT id) FROM (SELECT id FROM t$_ ORDER BY x <#> hrr_random(40, -2)) t HAVING count(*) <> (SELECT count(*) FROM (SELECT id + 0 FROM t$_ OFFSET 0) s);
} } 0 .. $#cases);
is($problems, '', 'REINDEX mends what was damaged');

$node->stop;
done_testing();
