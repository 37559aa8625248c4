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
    is(query($copy, "SELECT count(*) FROM holomamba.check_state('deeds')"), '0', "$copy: with the times and attributes of their events");
}
query($_, $more) foreach ('original', 'custom', 'script');
foreach my $copy ('custom', 'script')
{
    is(query($copy, $wrong), '0', "$copy: events move states");
    is(query($copy, "SELECT count(*) FROM holomamba.check_state('deeds')"), '0', "$copy: and so do their times and attributes");
    is(query($copy, $states), query('original', $states), "$copy: to where the original's go");
    is(query($copy, $recommendations), query('original', $recommendations), "$copy: and recommendations with them");
}

# Life goes on in the copy
query('custom', "SELECT holomamba.activate('plain', 2)");
is(query('custom', $wrong), '0', 'another version can be activated');
query('custom', "CALL holomamba.train('plain')");
is(query('custom', "SELECT active_version FROM holomamba.models WHERE model = 'plain'"), '3', 'and trained');
is(query('custom', "SELECT count(*) FROM holomamba.evaluate('shop', version => 1)"), '5', 'and evaluated');
query('custom', "SET ROLE shop; SELECT holomamba.drop_model('shop')");
query('custom', "CALL holomamba.train('deeds', options => '{\"warm_start\": 1}')");
query('custom', "SELECT holomamba.drop_model(m) FROM unnest('{plain,deeds}'::text[]) m");
is(query('custom', "SELECT count(*) FROM pg_class WHERE relnamespace = 'holomamba'::regnamespace AND relname ~ '^(plain|shop|deeds)_'"), '0', 'and models dropped');
query('custom', 'DROP EXTENSION holomamba');
is(query('custom', "SELECT count(*) FROM plain"), query('original', 'SELECT count(*) FROM plain'), 'with the extension, and without the loss of an event');

# A dump of the time when nothing was known of an event but its item: the columns that have come since are not in it.
sub without_last_columns
{
    my ($script, $table, $count) = @_;
    $script =~ s{^(COPY holomamba\.$table \()(.*?)(\) FROM stdin;\n)(.*?)^\\\.$}{
        my ($copy, $columns, $from, $rows) = ($1, $2, $3, $4);
        my @rest = split /, /, $columns;
        splice @rest, -$count;
        $rows =~ s/(?:\t[^\t\n]*){$count}$//mg;
        $copy . join(', ', @rest) . $from . $rows . '\\.'}mse or die "no rows of $table";
    return $script;
}
my $older = without_last_columns(without_last_columns(slurp_file("$directory/dump.sql"), 'model_catalogue', 5), 'version_catalogue', 3);
append_to_file("$directory/older.sql", $older);
query('postgres', 'CREATE DATABASE older');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('older'), '-f', "$directory/older.sql" ], 'restore a script without what is known of events');
is(query('older', "SELECT time_column IS NULL AND event_attributes = '{}' AND target_column IS NULL FROM holomamba.models WHERE model = 'plain'"), 't', 'older: nothing is known of them');
is(query('older', $wrong), '0', 'older: states are right');
query('older', "INSERT INTO plain VALUES (1, 5, 200); UPDATE plain SET item_id = 1 WHERE user_id = 4 AND t = 4; INSERT INTO plain VALUES (300, 5, 200), (301, 6, 201)");
is(query('older', "SELECT count(*) FROM holomamba.check_state('plain')"), '0', 'older: and stay so');
query('older', "CALL holomamba.train('plain')");

$node->stop;
done_testing();
