# Vectors come back bit by bit from COPY in both formats, from dumps, and from their own casts.
#
#   VECTORS=1000000   so many rows of one hrr and one fhrr; 20,000 by default
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $vectors = $ENV{VECTORS} || 20_000;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_wal_size = 4GB\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql('original', "CREATE EXTENSION holomamba");

# 1 to 64 dimensions, from the smallest numbers, with few bits, to the largest; both zeros; the ends of the range.
$node->safe_psql('original', qq{
    CREATE TABLE vectors (id integer PRIMARY KEY, h hrr, f fhrr);
    INSERT INTO vectors
    SELECT i, hrr_random(1 + i % 64, i) * power(10::float8, i % 76 - 44), fhrr_random(1 + i % 61, i) * power(10::float8, i % 76 - 44)
    FROM generate_series(1, $vectors) AS i;
    INSERT INTO vectors VALUES
        (-1, '[0,-0,1e-45,-1e-45,3.4028235e38,-3.4028235e38,1.1754944e-38,0.1]', '[0,-0,1e-45,-1e-45,3.4028235e38,-3.4028235e38,1.1754944e-38,0.1]'),
        (-2, NULL, NULL),
        (-3, hrr_random(16000, 1), fhrr_random(16000, 1));
});

# Of the bytes that are sent, since = takes both zeros for equal.
sub fingerprint
{
    my ($database, $table) = @_;
    return $node->safe_psql($database, qq{
        SELECT count(*), count(h), count(f), md5(string_agg(md5(coalesce(hrr_send(h), '') || coalesce(fhrr_send(f), '')), '' ORDER BY id))
        FROM $table});
}

my $expected = fingerprint('original', 'vectors');
like($expected, qr/^@{[$vectors + 3]}\|@{[$vectors + 2]}\|@{[$vectors + 2]}\|[0-9a-f]{32}$/, "$vectors vectors of each type and the edges");

my $directory = PostgreSQL::Test::Utils::tempdir;
foreach my $format (qw(text csv binary))
{
    $node->safe_psql('original', qq{
        COPY vectors TO '$directory/vectors.$format' (FORMAT $format);
        CREATE TABLE copied (LIKE vectors);
        COPY copied FROM '$directory/vectors.$format' (FORMAT $format)});
    is(fingerprint('original', 'copied'), $expected, "COPY in format $format");
    $node->safe_psql('original', 'DROP TABLE copied');
    unlink "$directory/vectors.$format";
}

foreach my $format (qw(plain custom))
{
    my $file = "$directory/dump";
    $node->safe_psql('postgres', 'CREATE DATABASE restored');
    $node->command_ok([ 'pg_dump', '--format', $format, '--file', $file, $node->connstr('original') ], "pg_dump in format $format");
    $node->command_ok(
        $format eq 'plain'
        ? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-o', '/dev/null', '-f', $file ]
        : [ 'pg_restore', '--exit-on-error', '--dbname', $node->connstr('restored'), $file ],
        "restore in format $format");
    is(fingerprint('restored', 'vectors'), $expected, "restored vectors, format $format");
    $node->safe_psql('postgres', 'DROP DATABASE restored');
    unlink $file;
}

is($node->safe_psql('original', q{
        SELECT count(*) FROM vectors
        WHERE hrr_send(h::text::hrr) <> hrr_send(h) OR hrr_send(h::real[]::hrr) <> hrr_send(h) OR hrr_send(h::real[]::float8[]::hrr) <> hrr_send(h)
           OR fhrr_send(f::text::fhrr) <> fhrr_send(f) OR fhrr_send(f::real[]::fhrr) <> fhrr_send(f)}),
    '0', 'text and arrays cast back to the same vectors');

$node->stop;
done_testing();
