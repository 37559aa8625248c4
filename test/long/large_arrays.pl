# is_among() with arrays of so many ids that their set has more than 2^32 slots: 17 million numbers with gaps, and as many texts.
# Takes 3 GB of memory.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE FUNCTION members(sql text, ids anyarray) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        found bigint;
    BEGIN
        EXECUTE sql INTO found USING ids;
        RETURN found;
    END $$});

# Every 255th number: a table by number, of 4.3 * 10^9 bits. Every 1000th: hashed.
foreach my $step (255, 1000)
{
    is($node->safe_psql('postgres', qq{
        SELECT members('SELECT count(*) FROM generate_series(16999000 * ${step}::bigint, 17000000 * ${step}::bigint) n WHERE holomamba_internal.is_among(n, \$1)',
                       (SELECT array_agg(g) FROM generate_series(0, 17000000 * ${step}::bigint, $step) g))}),
        '1001', "17 million ids, every $step");
}
is($node->safe_psql('postgres', q{
    SELECT members('SELECT count(*) FROM generate_series(16999000, 17000100) n WHERE holomamba_internal.is_among(''id '' || n, $1)',
                   (SELECT array_agg('id ' || g) FROM generate_series(1, 17000000) g))}),
    '1001', '17 million texts');

$node->stop;
done_testing();
