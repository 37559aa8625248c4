# A dump, restored into another database: the same recommendations, the same states, and events and trainings go on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Live::Carried qw(create_models $recommendations $states $catalogue $wrong $more);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;

create_models($node);

sub query { my ($database, $sql) = @_; return $node->safe_psql($database, $sql); }

cmp_ok(length query('original', $recommendations), '>', 10000, 'there are recommendations to compare');
is(query('original', $wrong), '0', 'states are right before the dump');

my $directory = PostgreSQL::Test::Utils::tempdir();
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$directory/dump", $node->connstr('original') ], 'dump');
$node->command_ok([ 'pg_dump', '-Fp', '-f', "$directory/dump.sql", $node->connstr('original') ], 'dump as a script');

query('postgres', 'CREATE DATABASE custom; ');
query('postgres', 'CREATE DATABASE script');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('custom'), "$directory/dump" ], 'restore');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('script'), '-f', "$directory/dump.sql" ], 'restore the script');

foreach my $copy ('custom', 'script')
{
    is(query($copy, $catalogue), query('original', $catalogue), "$copy: the catalogue, tables, functions and triggers are the same");
    is(query($copy, $states), query('original', $states), "$copy: states are the same");
    is(query($copy, $recommendations), query('original', $recommendations), "$copy: recommendations are the same");
    is(query($copy, $wrong), '0', "$copy: states are those of a replay");
}
query($_, $more) foreach ('original', 'custom', 'script');
foreach my $copy ('custom', 'script')
{
    is(query($copy, $wrong), '0', "$copy: events move states");
    is(query($copy, $states), query('original', $states), "$copy: to where the original's go");
    is(query($copy, $recommendations), query('original', $recommendations), "$copy: and recommendations with them");
}

# Life goes on in the copy
query('custom', "SELECT holomamba.activate('plain', 2)");
is(query('custom', $wrong), '0', 'another version can be activated');
query('custom', "CALL holomamba.train('plain')");
is(query('custom', "SELECT active_version FROM holomamba.models WHERE model = 'plain'"), '3', 'and trained');
is(query('custom', "SELECT count(*) FROM holomamba.evaluate('shop', version => 1)"), '4', 'and evaluated');
query('custom', "SET ROLE shop; SELECT holomamba.drop_model('shop')");
query('custom', "SELECT holomamba.drop_model('plain')");
is(query('custom', "SELECT count(*) FROM pg_class WHERE relnamespace = 'holomamba'::regnamespace AND relname ~ '^(plain|shop)_'"), '0', 'and models dropped');
query('custom', 'DROP EXTENSION holomamba');
is(query('custom', "SELECT count(*) FROM plain"), query('original', 'SELECT count(*) FROM plain'), 'with the extension, and without the loss of an event');

$node->stop;
done_testing();
