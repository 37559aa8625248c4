# Every function of the extension, called with odd arguments of the right types, by a superuser, by a role with a model of its own
# and by one with none: an answer or an error that means something, and no harm to anybody's model.
#
#   ODD_ARGUMENTS    calls of each function by each role (6)
#   ODD_SEED         seed of the choice of arguments (from the clock; it is printed)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $calls = $ENV{ODD_ARGUMENTS} // 6;
my $seed = $ENV{ODD_SEED} // time % 100000;
diag "ODD_SEED=$seed ODD_ARGUMENTS=$calls";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nlog_error_verbosity = verbose\nlog_statement = none\nlog_min_messages = error\nlog_min_error_statement = error\nrestart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE ROLE keeper LOGIN;
    CREATE ROLE stranger LOGIN;
    CREATE SCHEMA keeper AUTHORIZATION keeper;
    GRANT USAGE ON SCHEMA keeper TO stranger;
    SET ROLE keeper;
    SET search_path = keeper, public;
    CREATE TABLE goods (item_id integer PRIMARY KEY, genre text, price real);
    INSERT INTO goods SELECT i, 'genre ' || i % 3, i FROM generate_series(1, 30) i;
    CREATE TABLE events (user_id integer, item_id integer, t integer);
    CREATE INDEX ON events (user_id);
    INSERT INTO events SELECT u, 1 + (u * 7 + n * n) % 30, n FROM generate_series(1, 20) u, generate_series(1, 8) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', 'goods', 'item_id', '{genre,price}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    CREATE TABLE vectors (id bigint PRIMARY KEY, x hrr, f fhrr);
    INSERT INTO vectors SELECT i, hrr_random(8, i), hrr_random(8, i)::fhrr FROM generate_series(1, 100) i;
    CREATE INDEX vectors_x ON vectors USING holomamba (x);
});
$node->safe_psql('postgres', q{SET ROLE keeper; CALL holomamba.train('m', holdout => 'leave_one_out')}) for 1, 2;
$node->safe_psql('postgres', q{GRANT SELECT ON ALL TABLES IN SCHEMA keeper TO stranger; GRANT SELECT ON holomamba.m_items TO stranger});

# What an argument of a type may be, as SQL.
my %pool = (
    smallint => [ '0::smallint', '-32768::smallint', '1::smallint' ],
    integer => [ qw(0 1 1 2 2 -1 3 8 16000 16001 2147483647), '(-2147483648)' ],
    bigint => [ qw(0::bigint 1::bigint 7::bigint 9223372036854775807), '(-9223372036854775808)', '-1::bigint' ],
    oid => [ "'pg_class'::regclass::oid", '0::oid', '4294967295::oid', "'keeper.events'::regclass::oid" ],
    real => [ map { "'$_'::real" } qw(0 1 -1 0.5 NaN Infinity -Infinity 3.4e38 1e-45) ],
    'double precision' => [ map { "'$_'::float8" } qw(0 1 -1 0.5 3 NaN Infinity -Infinity 1.7e308 5e-324 -0.0) ],
    numeric => [ map { "'$_'::numeric" } qw(0 1 NaN Infinity 1e400 -1e-400) ],
    boolean => [ qw(true false) ],
    text => [ map { "'$_'::text" } '', ('m') x 8, 'M', 'none', 'leave_one_out', '7', 'genre', 'bigint', '{users} <<last_#>> {p1} {', '%s %I %1$s', "''", "x\\0", 'a' x 3000, 'holomamba.m_items', 'embedding.items', '[1,2,3]' ],
    name => [ map { "'$_'::name" } '', ('m') x 4, 'user_id', 'item_id', 't', 'genre', 'ctid', 'xmin', 'a' x 63 ],
    regclass => [ map { "$_\::regclass" } qw('keeper.events' 'keeper.goods' 'keeper.vectors_x' 'holomamba.m_items' 'holomamba.m_users' 'holomamba.m_items_target_idx' 'holomamba.models' 'pg_class' 'pg_class_oid_index' 'holomamba.training_ids' 0 4294967295) ],
    regtype => [ map { "'$_'::regtype" } qw(integer bigint text uuid hrr timestamptz record anyelement int4range integer[]), '-' ],
    'timestamp with time zone' => [ map { "'$_'::timestamptz" } qw(2026-01-01 infinity -infinity 294276-12-31 now), '4713-01-01 BC' ],
    uuid => [ "'00000000-0000-0000-0000-000000000000'::uuid", "gen_random_uuid()" ],
    jsonb => [ map { "'$_'::jsonb" } '{}', '[]', 'null', '1', '"x"', '{"dimension": 8}', '{"dimension": -1}', '{"epochs": 1e300}', '{"epochs": null}', '{"seed": [1]}', '{"": {}}', '{"threads": 1, "cutoff": "yesterday"}' ],
    bytea => [ "''::bytea", "'\\x00'::bytea", "'\\x0000000100000000'::bytea", "decode(repeat('ff', 9000), 'hex')", '(SELECT data FROM holomamba.parameters LIMIT 1)', "(SELECT public.ssm_state_send(state) FROM holomamba.m_users LIMIT 1)" ],
    'public.hrr' => [ map { "$_\::hrr" } "'[1]'", "'[0,0,0]'", "'[1,2,3,4,5,6,7,8]'", "'[3e38,3e38,-3e38]'", "'[1e-45,0]'", 'hrr_random(8, 1)', 'hrr_random(16000, 1)', 'hrr_unitary(7, 1)', '(SELECT token FROM holomamba.m_items WHERE item_id = 3)', '(SELECT target FROM holomamba.m_items WHERE item_id = 3)' ],
    'public.fhrr' => [ map { "($_)::hrr::fhrr" } "'[1]'::hrr", "'[0,0,0]'::hrr", "'[1,2,3,4,5,6,7,8]'::hrr", "'[1e37,1e37,-1e37]'::hrr", 'hrr_random(8, 1)', 'hrr_random(15999, 1)' ],
    'public.ssm_state' => [ "ssm_initial('m', 1)", "ssm_initial('m', 2)", '(SELECT state FROM holomamba.m_users ORDER BY user_id LIMIT 1)' ],
    'holomamba.version_catalogue' => [ '(SELECT v FROM holomamba.version_catalogue v ORDER BY v.version LIMIT 1)', 'NULL::holomamba.version_catalogue', q{json_populate_record(NULL::holomamba.version_catalogue, '{"version": -1, "holdout": "", "options": {"cutoff": "x", "validation": null}}')}, "json_populate_record(NULL::holomamba.version_catalogue, '{\"options\": [1]}')" ],
    'holomamba.model_catalogue' => [ '(SELECT c FROM holomamba.model_catalogue c)', "json_populate_record(NULL::holomamba.model_catalogue, '{\"model\": \"m\", \"interactions\": \"pg_class\", \"user_column\": \"oid\", \"item_column\": \"relname\", \"order_columns\": [\"ctid\"], \"items\": \"pg_proc\", \"item_key\": \"x\", \"attributes\": [\"y\"], \"options\": {}, \"user_type\": \"text\", \"item_type\": \"public.hrr\", \"active_version\": 7, \"time_column\": \"xmin\", \"event_attributes\": [\"z\"], \"target_column\": \"w\", \"target_values\": [null], \"weight_column\": \"v\"}')", 'NULL::holomamba.model_catalogue', "json_populate_record(NULL::holomamba.model_catalogue, '{}')" ],
    anyelement => [ qw(1 7::bigint 'x'::text 1.5 true), "'[1]'::hrr", "gen_random_uuid()", "ARRAY[1]", "ROW(1, 2)", "'2026-01-01'::date" ],
    anyarray => [ map { "$_" } "ARRAY[1, 2, NULL]", "'{}'::integer[]", "ARRAY[[1, 2], [3, 4]]", "ARRAY['x'::text]", "ARRAY['[1]'::hrr]", "'[5:6]={1,2}'::bigint[]", "ARRAY[gen_random_uuid()]", 'NULL::integer[]' ],
    cstring => [ map { "'$_'::cstring" } '', '[1]', '[]', '[1,', 'NaN', '[1e400]', '\\x00' ],
    internal => [],
);
# Arrays of those that have none of their own.
foreach my $type (grep { !/^any|internal|\[\]$/ } keys %pool)
{
    my @some = @{ $pool{$type} };
    $pool{"$type\[]"} //= [ "'{}'::$type\[]", "ARRAY[$some[0]]::$type\[]", "ARRAY[$some[0], NULL, $some[-1]]::$type\[]", "ARRAY[[$some[0]], [$some[1 % @some]]]::$type\[]", "array_fill($some[-1], '{100}', '{-5}')" ];
}

my @functions = map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', q{
    SELECT p.oid::regproc, p.prokind, coalesce(array_to_string(ARRAY(SELECT CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format_type(t.oid, -1) ELSE n.nspname || '.' || CASE WHEN t.typelem <> 0 THEN ltrim(t.typname, '_') || '[]' ELSE t.typname END END
                                                                          FROM unnest(p.proargtypes) WITH ORDINALITY a (type, number) JOIN pg_type t ON t.oid = a.type JOIN pg_namespace n ON n.oid = t.typnamespace ORDER BY a.number), ';'), '')
    FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
      AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'holomamba')
    ORDER BY 1, p.oid});
cmp_ok(scalar @functions, '>', 200, scalar(@functions) . ' functions');

sub one_of { return $_[ rand @_ ] }

srand $seed;
my %unknown;
my $made = 0;
foreach my $role ('postgres', 'keeper', 'stranger')
{
    # What is done is undone, but for what commits by itself.
    my $script = "SET statement_timeout = '10s';\nSET search_path = keeper, public;\n\\o /dev/null\n";
    foreach my $function (@functions)
    {
        my ($name, $kind, $types) = @$function;
        my @types = split /;/, $types // '';
        $unknown{$_} = 1 foreach grep { !$pool{$_} && $_ ne '"any"' && $_ ne '"char"' } @types;
        next if grep { !$pool{$_} || !@{ $pool{$_} } } @types;
        foreach (1 .. (@types ? $calls : 1))
        {
            my $call = "$name(" . join(', ', map { rand() < 0.08 ? "NULL::$_" =~ s/any(element|array)/integer/r : one_of(@{ $pool{$_} }) } @types) . ')';
            $script .= $kind eq 'p' ? "CALL $call;\n"
                : "BEGIN; SELECT sum(length(r::text)) FROM (SELECT $call AS r FROM generate_series(1, " . one_of(1, 1, 3) . ")) t; ROLLBACK;\n";
            $made++;
        }
    }
    my $file = PostgreSQL::Test::Utils::tempdir() . "/$role.sql";
    append_to_file($file, $script);
    # Each statement fails for itself; a lost connection ends the script.
    my $result = run_log([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=0', '-d', $node->connstr('postgres') . " user=$role", '-f', $file ], '>', '/dev/null', '2>', '/dev/null');
    ok($result, "$role: the script came to its end");
    $node->poll_query_until('postgres', 'SELECT true');
}
is(join(' ', sort keys %unknown), '', 'of every type there is something to call functions with');
diag "$made calls";

my $log = slurp_file($node->logfile);
unlike($log, qr/terminated by signal|PANIC/, 'nothing crashed');
# An internal error tells of what the code has not thought of, wherever it is raised.
my %internal;
while ($log =~ /ERROR:  XX\w+: ([^\n]*)\n(.*?)(?=^\d{4}-\d\d-\d\d [^\n]*ERROR:|\z)/msg)
{
    my ($message, $rest) = ($1, $2);
    my ($where) = $rest =~ /LOCATION:  ([^\n]*)/;
    my ($statement) = $rest =~ /STATEMENT:  ([^\n]*)/;
    $internal{ ($where // '?') . ': ' . $message =~ s/\d+/N/gr } //= substr $statement // '', 0, 300;
}
is(join("\n", map { "$_\n    $internal{$_}" } sort keys %internal), '', 'no internal error');

is($node->safe_psql('postgres', q{SELECT * FROM holomamba.check_state('m')}), '', 'states are those of a replay');
is($node->safe_psql('postgres', q{SELECT * FROM holomamba.check_index('keeper.vectors_x') UNION ALL SELECT * FROM holomamba.check_index('holomamba.m_items_target_idx')}), '', 'nothing is wrong with the indexes');
$node->stop;

done_testing();
