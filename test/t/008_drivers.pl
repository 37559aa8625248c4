# Parameters as drivers send them: without a type, through libpq's PQsendQueryParams and PQsendPrepare, which pgbench calls.
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
    CREATE TABLE events (user_id bigint, item_id bigint, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events SELECT u, 1 + (u * 7 + n) % 30, n FROM generate_series(1, 40) u, generate_series(1, 12) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}',
        options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    CALL holomamba.train('m');
    CREATE TABLE answers (verb text, item_id text, score real);
});

# What pgbench inserts of a query's rows into answers, with variables as parameters.
sub ask
{
    my ($mode, $query, %variables) = @_;
    my $script = PostgreSQL::Test::Utils::tempdir() . '/script.sql';
    append_to_file($script, "INSERT INTO answers $query;\n");
    $node->safe_psql('postgres', 'TRUNCATE answers');
    $node->command_ok([ 'pgbench', '-n', '-t', '1', '-M', $mode, '-f', $script, (map { ('-D', "$_=$variables{$_}") } sort keys %variables), 'postgres' ], "$mode: $query");
    return $node->safe_psql('postgres', 'SELECT verb, count(*), min(item_id::bigint), max(score) FROM answers GROUP BY verb');
}

my %typed = (
    recommend => q{recommend(3::bigint, 4, exclude => '{5}'::bigint[])},
    recommend_next => q{recommend_next('{1,2}'::bigint[], 4, candidates => '{4,5,6,7,8}'::bigint[])},
    recommend_batch => q{recommend_batch('{1,2}'::bigint[], 4)},
    similar_items => q{similar_items(3::bigint, 4)});
my %sent = (
    recommend => q{recommend(:id, :k, exclude => :other)},
    recommend_next => q{recommend_next(:ids, :k, candidates => :some)},
    recommend_batch => q{recommend_batch(:ids, :k)},
    similar_items => q{similar_items(:id, :k)},
    recommend_text => q{holomamba.recommend_text(:id, :k, exclude => :other)});
my %values = (id => 3, k => 4, ids => '{1,2}', some => '{4,5,6,7,8}', other => '{5}');
foreach my $verb (sort keys %sent)
{
    my $of = $verb =~ s/_text$//r;
    my $answer = $of eq 'similar_items' ? 'item_id, similarity' : 'item_id, score';
    my $expected = $node->safe_psql('postgres', "SELECT '$verb', count(*), min(item_id), max(score) FROM (SELECT $answer FROM $typed{$of}) r (item_id, score)");
    like($expected, qr/^\w+\|[1-8]\|/, "$verb, typed");
    like($expected, qr/^$verb\|[48]\|/, "$verb, typed");
    is(ask($_, "SELECT '$verb', $answer FROM $sent{$verb}", %values), $expected, "$verb, $_") for qw(extended prepared);
}

done_testing();
