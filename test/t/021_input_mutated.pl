# Mutated literals and mutated binary rows of each of our types: a value or a clean error, and the server lives on.
#
#   MUTATIONS=1000000   so many literals of each type; 5,000 by default, and a tenth as many binary files
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $mutations = $ENV{MUTATIONS} || 5_000;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION holomamba');
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

my $state = '\x0100000001000000000000000200000000000000' . '0000803f' x 4;
my %literals = (
    hrr => [ '[1,2,3]', '[-1.5e-3, 3.25 ,0.1]', ' [ 1e38 ] ', '[0,-0,1e-45]' ],
    fhrr => [ '[1,2,3]', '[1e10,-2]' ],
    ssm_state => [ $state, '\x0100000000000000000000000000000000000000' ]);

srand(20260101);
sub mutated
{
    my ($text, @alphabet) = @_;
    foreach (0 .. int rand 3)
    {
        my $at = int rand(1 + length $text);
        my $with = $alphabet[ int rand @alphabet ];
        my $how = int rand 4;
        substr($text, $at, 0) = $with if $how == 0;
        substr($text, $at, 1) = $with if $how == 1 && $at < length $text;
        substr($text, $at, int rand 4) = '' if $how == 2 && $at < length $text;
        substr($text, $at, 0) = substr($text, int rand(1 + length $text)) if $how == 3;
    }
    return $text;
}

# What errors a bad literal may have: syntax, range, data, limits, corruption.
my $clean = q{'22P02', '22003', '22000', '54000', 'XX001', '22023'};
$node->safe_psql('postgres', qq{
    CREATE FUNCTION tried(type regtype, literal text) RETURNS text LANGUAGE plpgsql AS \$\$
    DECLARE
        again text;
    BEGIN
        EXECUTE format('SELECT x::text::%s::text = x::text FROM (SELECT %L::%s AS x) AS v', type, literal, type) INTO again;
        RETURN CASE again WHEN 'true' THEN 'value' ELSE 'does not read back' END;
    EXCEPTION WHEN OTHERS THEN
        RETURN CASE WHEN sqlstate IN ($clean) THEN 'error' ELSE sqlstate || ' ' || sqlerrm END;
    END \$\$});
my @characters = (split(//, ' [],.+-eE0123456789x\\abcdefinNAty"\''), "\t", "\x{e9}", '1e400', 'nan', 'Infinity', '0x1p3', ',,', '99999999999999999999');
foreach my $type (sort keys %literals)
{
    my @tries = map { mutated($literals{$type}[ $_ % @{ $literals{$type} } ], @characters) } 1 .. $mutations;
    my $file = PostgreSQL::Test::Utils::tempdir . '/literals';
    open my $handle, '>:encoding(UTF-8)', $file or die $!;
    print $handle map { my $line = $_ =~ s/\\/\\\\/gr =~ s/\t/\\t/gr; "$line\n" } @tries;
    close $handle;
    $node->safe_psql('postgres', "DROP TABLE IF EXISTS literals; CREATE TABLE literals (l text); COPY literals FROM '$file'");
    my %results = map { split /\|/ } split /\n/, $node->safe_psql('postgres', "SELECT tried('$type', l), count(*) FROM literals GROUP BY 1");
    is(join(', ', sort keys %results), 'error, value', "$mutations mutated literals of $type: values and clean errors");
    note(explain(\%results));
}

# A file of one row in COPY's binary format, its field mutated
sub binary_file
{
    my ($field) = @_;
    return "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0) . pack('n', 1) . pack('N', length $field) . $field . pack('n', 0xffff);
}
my %fields = (
    hrr => pack('nCC', 3, 0, 0) . pack('N3', 0x3f800000, 0x40000000, 0x80000000),
    fhrr => pack('nCC', 2, 0, 0) . pack('N2', 0x3f800000, 0x40000000),
    ssm_state => pack('CCn', 1, 0, 0) . pack('NNNN', 0, 1, 0, 2) . pack('N', 2) . pack('N2', 0x3f800000, 0));
my @bytes = map { chr } (0 .. 4, 0x3e, 0x3f, 0x7e, 0x7f, 0x80, 0xff);
foreach my $type (sort keys %fields)
{
    my ($directory, $files, $script) = (PostgreSQL::Test::Utils::tempdir, int($mutations / 10), '');
    foreach my $i (1 .. $files)
    {
        open my $handle, '>:raw', "$directory/$i" or die $!;
        print $handle binary_file($i == 1 ? $fields{$type} : mutated($fields{$type}, @bytes));
        close $handle;
        $script .= "COPY taken FROM '$directory/$i' (FORMAT binary);\n";
    }
    $node->safe_psql('postgres', "DROP TABLE IF EXISTS taken; CREATE TABLE taken (x $type)");
    my ($code, $out, $errors) = $node->psql('postgres', "\\set VERBOSITY verbose\n$script", on_error_stop => 0);
    my @errors = $errors =~ /ERROR:  (\w{5}):/g;
    my @strange = grep { !/^(22000|22003|22P03|22P02|54000|XX001|08P01)$/ } @errors;
    is(join(' ', @strange), '', "$files mutated binary fields of $type: clean errors");
    my $taken = $node->safe_psql('postgres', 'SELECT count(x), count(*) FILTER (WHERE x::text = x::text::' . $type . '::text) FROM taken');
    my $values = $files - @errors;
    is($taken, "$values|$values", "the other $values are values that read back");
    cmp_ok($values, '>', 0, 'there are some');
}

is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server never restarted');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/terminated by signal|PANIC|was aborted/, 'no backend crashed');
$node->stop;
done_testing();
