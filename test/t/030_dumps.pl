# Dumps of every kind, restored in every way, by superusers and others: a whole one brings everything, and what a part of one
# leaves out stops no application and can be cleaned up.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$node->start;
my $directory = PostgreSQL::Test::Utils::tempdir();

sub query { my ($database, $sql) = @_; return $node->safe_psql($database, $sql); }

# Both what a statement returns and what it says
sub said
{
    my ($database, $sql, $user) = @_;
    my ($out, $err) = ('', '');
    $node->psql($database, $sql, stdout => \$out, stderr => \$err, extra_params => $user ? [ '-U', $user ] : []);
    return "$out$err";
}

sub target
{
    my ($database, @options) = @_;
    return '--dbname=' . $node->connstr($database) . join('', map { " $_" } @options);
}

sub dump_of
{
    my ($name, @options) = @_;
    $node->command_ok([ 'pg_dump', @options, '-f', "$directory/$name", $node->connstr('original') ], "dump: $name");
}

# A model of partitioned events and items, of a role of its own; one of plain tables, of the owner of the database
query('postgres', 'CREATE ROLE shop LOGIN; CREATE ROLE keeper LOGIN IN ROLE shop, pg_read_all_data; CREATE DATABASE original OWNER keeper');
query('original', q{
    CREATE EXTENSION holomamba;
    CREATE SCHEMA app AUTHORIZATION shop;
    SET ROLE shop;
    CREATE TABLE app.items (item_id integer PRIMARY KEY, genre text) PARTITION BY RANGE (item_id);
    CREATE TABLE app.items_1 PARTITION OF app.items FOR VALUES FROM (0) TO (100);
    INSERT INTO app.items SELECT i, 'genre ' || i % 3 FROM generate_series(1, 15) i;
    CREATE TABLE app.sales (user_id uuid, item_id integer, t integer) PARTITION BY RANGE (t);
    CREATE TABLE app.sales_1 PARTITION OF app.sales FOR VALUES FROM (MINVALUE) TO (100);
    CREATE TABLE app.sales_2 PARTITION OF app.sales DEFAULT;
    CREATE INDEX ON app.sales (user_id);
    INSERT INTO app.sales SELECT md5(u::text)::uuid, 1 + (u * 5 + n * n) % 12, 10 * n FROM generate_series(1, 8) u, generate_series(1, 12) n;
    SELECT holomamba.create_model('shop', 'app.sales', 'user_id', 'item_id', '{t}', 'app.items', 'item_id', '{genre}',
        '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    SET ROLE keeper;
    CREATE TABLE public.visits (user_id integer, item_id integer, t integer);
    CREATE INDEX ON public.visits (user_id);
    INSERT INTO public.visits SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
    SELECT holomamba.create_model('visits', 'public.visits', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
});
query('original', "CALL holomamba.$_") foreach ("train('shop')", "train('shop', holdout => 'leave_one_out')", "train('visits')");

my $contents = q{
    SELECT 'model', (to_jsonb(m) - 'created_at' - 'owner')::text FROM holomamba.models m
    UNION ALL SELECT 'version', (to_jsonb(v) - 'started_at' - 'finished_at')::text FROM holomamba.versions v
    UNION ALL SELECT 'log', concat_ws(' ', model, version, epoch, loss) FROM holomamba.training_log
    UNION ALL SELECT 'labels', to_jsonb(y)::text FROM holomamba.vocabulary_catalogue y
    UNION ALL SELECT 'weights', md5(string_agg(concat(model, version, name, shape, data), ',' ORDER BY model, version, name)) FROM holomamba.parameters
    UNION ALL SELECT 'state', concat(user_id, vector, state, events, last_1) FROM holomamba.shop_users
    UNION ALL SELECT 'state', concat(user_id, vector, state, events, last_1) FROM holomamba.visits_users
    UNION ALL SELECT 'item', concat(item_id, token, target, popularity) FROM holomamba.shop_items
    UNION ALL SELECT 'item', concat(item_id, token, target, popularity) FROM holomamba.visits_items
    UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'index', pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN ('holomamba.shop_items'::regclass, 'holomamba.visits_users'::regclass)
    UNION ALL SELECT 'recommendation', concat_ws(' ', u, r.item_id, r.score) FROM generate_series(1, 10) u, recommend(u, 100, 'visits', at => '2027-01-01') r
    UNION ALL SELECT 'recommendation', concat_ws(' ', u, r.item_id, r.score) FROM generate_series(1, 10) u, recommend(md5(u::text), 100, 'shop', at => '2027-01-01') r
    ORDER BY 1, 2};
my $wrong = "SELECT (SELECT count(*) FROM holomamba.check_state('shop')) + (SELECT count(*) FROM holomamba.check_state('visits'))";
my $more = q{
    INSERT INTO app.sales VALUES (md5('1')::uuid, 3, 200), (md5('100')::uuid, 3, 50);
    INSERT INTO app.sales_1 VALUES (md5('1')::uuid, 5, 99);
    INSERT INTO app.items_1 VALUES (20, 'genre 1');
    INSERT INTO app.sales_2 VALUES (md5('2')::uuid, 20, 500);
    INSERT INTO visits VALUES (1, 3, 100), (50, 4, 1);
    DELETE FROM visits WHERE user_id = 3;
};

# The same as the original, and going on
sub is_whole
{
    my ($database, $what) = @_;
    is(query($database, $contents), query('original', $contents), "$what: models, versions, states, triggers and recommendations are the same");
    is(query($database, $wrong), '0', "$what: states are those of a replay");
    query($database, $more);
    is(query($database, $wrong), '0', "$what: events go on to move states");
    query($database, "CALL holomamba.train('shop')");
    is(query($database, "SELECT active_version FROM holomamba.models WHERE model = 'shop'"), '3', "$what: trainings go on");
    is(query($database, $wrong), '0', "$what: and give states");
}

cmp_ok(length query('original', $contents), '>', 10000, 'there is something to compare');
dump_of('custom', '-Fc');
dump_of('folder', '-Fd', '-j', '2');
dump_of('plain.sql', '-Fp');
dump_of('schema', '-Fc', '--schema-only');
dump_of('data', '-Fc', '--data-only');
dump_of('app.sql', '-Fp', '-n', 'app');

# In any order of its rows
foreach my $archive ('custom', 'folder')
{
    query('postgres', "CREATE DATABASE parallel_$archive");
    $node->command_ok([ 'pg_restore', '--exit-on-error', '-j', '4', target("parallel_$archive"), "$directory/$archive" ], "$archive: restored in parallel");
    is_whole("parallel_$archive", "$archive in parallel");
}

# By a role that is no superuser, as docs/operations.md says: pg_restore with what a superuser has prepared
$node->command_ok([ 'pg_dump', '-Fc', '-U', 'keeper', '-f', "$directory/keeper", $node->connstr('original') ], 'dump by one who may read everything');
my $catalogue = join ', ', map { "holomamba.$_" } qw(model_catalogue version_catalogue parameters vocabulary_catalogue training_log checkpoint_catalogue);
query('postgres', 'CREATE DATABASE kept OWNER keeper');
query('kept', qq{
    CREATE EXTENSION holomamba;
    GRANT CREATE ON SCHEMA holomamba TO keeper, shop;
    GRANT INSERT ON $catalogue TO keeper;
    GRANT UPDATE ON SEQUENCE holomamba.training_ids TO keeper});
my ($list, $list_error) = ('', '');
IPC::Run::run([ 'pg_restore', '--list', "$directory/keeper" ], '>', \$list, '2>', \$list_error);
append_to_file("$directory/list", join("\n", grep { !/ EXTENSION / } split /\n/, $list) . "\n");
$node->command_ok([ 'pg_restore', '-U', 'keeper', '--exit-on-error', '-j', '4', '-L', "$directory/list", target('kept'), "$directory/keeper" ], 'restored by one who is no superuser');
query('kept', qq{
    REVOKE CREATE ON SCHEMA holomamba FROM keeper, shop;
    REVOKE INSERT ON $catalogue FROM keeper;
    REVOKE UPDATE ON SEQUENCE holomamba.training_ids FROM keeper});
is(query('kept', "SELECT string_agg(model || ' ' || owner, ', ' ORDER BY model) FROM holomamba.models"), 'shop shop, visits keeper', 'models belong to whom they did');
is_whole('kept', 'by no superuser');
like(said('kept', "SELECT holomamba.drop_model('visits')", 'keeper') . said('kept', 'SELECT count(*) FROM holomamba.models'), qr/^\s*1$/m, 'and their owners drop them');
unlike(said('kept', 'INSERT INTO holomamba.training_log (model, version, epoch) VALUES (1, 1, 1)', 'keeper'), qr/INSERT 0 1/, 'the rights are gone again');

# The schema alone: the application lives, and is told once
query('postgres', 'CREATE DATABASE bare');
$node->command_ok([ 'pg_restore', '--exit-on-error', target('bare'), "$directory/schema" ], 'schema only: restored');
my $events = q{INSERT INTO visits VALUES (1, 3, 1), (2, 4, 1)};
my @warnings = said('bare', "$events; $events") =~ /WARNING:[^\n]*model "(\w+)"/g;
is("@warnings", 'visits', 'schema only: events arrive, with one warning for the model');
is(query('bare', 'SELECT count(*) FROM visits'), '4', 'schema only: all of them');
query('bare', 'INSERT INTO app.items VALUES (1); INSERT INTO app.items_1 VALUES (2); INSERT INTO app.sales VALUES (md5($$1$$)::uuid, 1, 1); TRUNCATE app.sales_2');
is(query('bare', "SELECT holomamba.drop_model('shop'); SELECT count(*) FROM pg_trigger WHERE tgname ~ '^holomamba_shop'"), "\n0", 'schema only: drop_model() cleans up');
query('bare', q{SELECT holomamba.create_model('visits', 'visits', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}')});
query('bare', "CALL holomamba.train('visits')");
query('bare', 'INSERT INTO visits VALUES (1, 5, 9)');
is(query('bare', "SELECT count(*) FROM holomamba.check_state('visits')") . query('bare', 'SELECT events FROM holomamba.visits_users WHERE user_id = 1'), '03', 'schema only: create_model() begins anew');
query('bare', q{SELECT holomamba.drop_model('visits'); DROP EXTENSION holomamba});

# The data alone, into the schema: rows of the catalogue first, so that the triggers find them; or with no trigger at all
foreach my $how ([], [ '--disable-triggers', '-j', '4' ])
{
    my $database = 'data_' . scalar @$how;
    query('postgres', "CREATE DATABASE $database");
    $node->command_ok([ 'pg_restore', '--exit-on-error', target($database), "$directory/schema" ], "data only @$how: the schema");
    $node->command_ok([ 'pg_restore', '--exit-on-error', @$how, target($database), "$directory/data" ], "data only @$how: the data");
    is_whole($database, "data only @$how");
}

# One schema of the application: its triggers come without the model
query('postgres', 'CREATE DATABASE part');
query('part', 'CREATE EXTENSION holomamba');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('part'), '-f', "$directory/app.sql" ], 'one schema: restored');
like(said('part', 'INSERT INTO app.sales VALUES (md5($$1$$)::uuid, 3, 201)', 'shop'), qr/WARNING[^\n]*model "shop"/, 'one schema: events arrive, with a warning');
is(query('part', 'SELECT count(*) FROM app.sales'), '97', 'one schema: all of them');
like(said('part', q{SELECT holomamba.create_model('shop', 'app.sales', 'user_id', 'item_id', '{t}', 'app.items', 'item_id', '{genre}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}')}, 'shop'), qr/what was left of a former model "shop" is dropped/, 'one schema: create_model() cleans up');
query('part', "CALL holomamba.train('shop')");
query('part', 'INSERT INTO app.sales_1 VALUES (md5($$1$$)::uuid, 3, 1)');
is(query('part', "SELECT count(*) FROM holomamba.check_state('shop')"), '0', 'one schema: and its states are those of a replay');
is(query('part', "SELECT count(*), count(DISTINCT tgrelid) FROM pg_trigger WHERE tgname ~ '^holomamba_shop'"), '20|5', 'one schema: with its triggers, and no others');

$node->stop;
done_testing();
