# What is done while others wait: mallory holds tables of her model until the calls of others wait for them, changes what they
# are made of, and lets go; and models and rights go away from under a training.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_worker_processes = 8\n");
$node->start;

sub root { my ($sql) = @_; return $node->safe_psql('postgres', $sql); }

# What a role gets: its rows, or the error.
sub as_role
{
    my ($role, $sql) = @_;
    my ($status, $out, $err) = $node->psql('postgres', "SET SESSION AUTHORIZATION $role; SET client_min_messages = error;\n$sql", on_error_stop => 1);
    return $status == 0 ? $out : ($err =~ /ERROR:  (.*)/ ? "ERROR: $1" : "exit $status: $err");
}

sub wait_until { $node->poll_query_until('postgres', "SELECT $_[0]") or die "it never came to $_[0]"; }

sub session_of
{
    my ($role) = @_;
    my $session = $node->background_psql('postgres', on_error_stop => 0);
    $session->query_safe("SET client_min_messages = error; SET application_name = 'asker'");
    $session->query_safe("SET SESSION AUTHORIZATION $role") if $role ne '';
    return $session;
}

# --- The stage. The witness is a sequence, which outlives the statement that it is called in. Every name but hers counts.
root(q{
    CREATE EXTENSION holomamba;
    CREATE ROLE mallory LOGIN;
    CREATE ROLE victim LOGIN;
    CREATE SCHEMA mallory AUTHORIZATION mallory;
    CREATE SCHEMA victim AUTHORIZATION victim;
    CREATE SEQUENCE public.witness;
    GRANT USAGE ON SEQUENCE public.witness TO PUBLIC;
});
my $made = as_role('mallory', q{
    CREATE TABLE events (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
    CREATE TABLE items (item_id integer PRIMARY KEY, genre text, price numeric);
    INSERT INTO items SELECT i, i % 3 + 1, i FROM generate_series(1, 12) i;
    INSERT INTO events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
    SELECT holomamba.create_model('mallorys', 'events', 'user_id', 'item_id', '{t}', 'items', 'item_id', '{genre,price}',
        '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    CALL holomamba.train('mallorys', 1, 'leave_one_out');
    CREATE FUNCTION bear_witness() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF current_user <> 'mallory' THEN
            PERFORM nextval('public.witness');
        END IF;
    END $$;
    CREATE TYPE label AS ENUM ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12');
    CREATE TYPE vector AS (x integer);
    CREATE FUNCTION of_bigint(a label) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.bear_witness(); RETURN 1; END $$;
    CREATE FUNCTION of_text(a label) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.bear_witness(); RETURN 1; END $$;
    CREATE FUNCTION of_hrr(a vector) RETURNS public.hrr LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.bear_witness(); RETURN '[1,0,0,0,0,0,0,0,0]'; END $$;
    CREATE CAST (label AS bigint) WITH FUNCTION of_bigint(label) AS IMPLICIT;
    CREATE CAST (label AS text) WITH FUNCTION of_text(label) AS IMPLICIT;
    CREATE CAST (vector AS public.hrr) WITH FUNCTION of_hrr(vector) AS IMPLICIT;
    DROP INDEX holomamba.mallorys_items_target_idx;
});
unlike($made, qr/ERROR|exit/, 'a model');

sub in_names_of_others { return root(q{SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.witness; SELECT setval('public.witness', 1, false)}) =~ /^(\d+)/ ? $1 : 'unknown'; }
root('SELECT mallory.of_text(label) FROM (SELECT 1::text::mallory.label) l (label)');
is(in_names_of_others(), '1', 'the witness sees who is not mallory');
as_role('mallory', 'SELECT of_text(label) FROM (SELECT 1::text::label) l (label)');
is(in_names_of_others(), '0', 'and only that');

my @questions = (
    q{recommend(1, 3, 'mallorys')}, q{recommend(1, 3, 'mallorys', exclude_seen => false)}, q{recommend_next('{1,2}'::bigint[], 3, 'mallorys')},
    q{recommend_batch(NULL::bigint[], 3, 'mallorys')}, q{recommend_batch('{1,2}'::bigint[], 3, 'mallorys')}, q{similar_items(1, 3, 'mallorys')},
    q{recommend_basket('{1,2}'::bigint[], 3, 'mallorys')}, q{recommend_users(1, 3, 'mallorys')}, q{similar_users(1, 3, 'mallorys')},
    q{explain_recommendation(1, 3, 'mallorys')}, q{holomamba.popular_items('mallorys')}, q{holomamba.evaluate('mallorys')},
    q{holomamba.item_vectors('mallorys', 1)}, q{holomamba.describe_items('mallorys', 1, '{1,2}')}, q{holomamba.check_state('mallorys')});
my $races = 0;

# All of them wait for a table of hers, or have got by, when she changes it and commits. In old sessions they have been asked before.
sub race
{
    my ($what, $table, $old, $change, $undo) = @_;
    $races++;
    my @sessions = map { session_of('') } @questions;
    if ($old) { $sessions[$_]->query("SELECT count(*) FROM $questions[$_]") foreach 0 .. $#sessions; }
    my $mallory = $node->background_psql('postgres');
    $mallory->query_safe('SET SESSION AUTHORIZATION mallory; SET client_min_messages = error');
    $mallory->query_safe("BEGIN; LOCK TABLE $table");
    foreach (0 .. $#sessions)
    {
        $sessions[$_]->{stderr} = '';
        $sessions[$_]->{stdin} .= "SELECT 'race $races', count(*) FROM $questions[$_];\n\\echo over\n";
        $sessions[$_]->{run}->pump_nb();
    }
    my $asked = "pg_stat_activity WHERE application_name = 'asker' AND query LIKE '%race $races%'";
    wait_until("count(*) = @{[scalar @sessions]} FROM $asked AND (state = 'idle' OR wait_event_type = 'Lock')");
    cmp_ok(root("SELECT count(*) FROM $asked AND wait_event_type = 'Lock'"), '>', 0, "$what: calls wait");
    $mallory->query_safe($change);
    $mallory->query_safe('COMMIT');
    my %said;
    foreach (0 .. $#sessions)
    {
        my $out = $sessions[$_]->query_until(qr/over/, '');
        my ($error) = $sessions[$_]->{stderr} =~ /ERROR:  (.*)/;
        $said{$questions[$_]} = $error // $out;
        $sessions[$_]->quit;
    }
    $mallory->query_safe($undo);
    $mallory->quit;
    is(in_names_of_others(), '0', "$what: no code of hers in the name of others");
    is_deeply([grep { $said{$_} !~ /^race \d+\|\d+|is (not )?of type|do not fit the model/ } @questions], [], "$what: each call is answered or refused");
}

# --- Columns that are others by the time the calls go on: by their names, or by their types
my @columns = (
    ['holomamba.mallorys_items', 'item_id', 'label', 'item_id::text::mallory.label'],
    ['holomamba.mallorys_items', 'target', 'vector', 'ROW(1)::mallory.vector'],
    ['holomamba.mallorys_items', 'token', 'vector', 'ROW(1)::mallory.vector'],
    ['holomamba.mallorys_users', 'user_id', 'label', 'user_id::text::mallory.label'],
    ['holomamba.mallorys_users', 'vector', 'vector', 'ROW(1)::mallory.vector'],
    ['mallory.events', 'user_id', 'label', 'user_id::text::mallory.label'],
    ['mallory.events', 'item_id', 'label', 'item_id::text::mallory.label'],
    ['mallory.events', 't', 'label', 't::text::mallory.label'],
    ['mallory.items', 'item_id', 'label', 'item_id::text::mallory.label'],
    ['mallory.items', 'genre', 'label', 'genre::mallory.label'],
    ['mallory.items', 'price', 'label', "'1'"]);
foreach (@columns)
{
    my ($table, $column, $type, $value) = @$_;
    is(as_role('mallory', "ALTER TABLE $table ADD evil mallory.$type; UPDATE $table SET evil = $value"), '', "$table has another column");
    foreach my $old (0, 1)
    {
        race("$table.$column renamed, " . ($old ? 'old sessions' : 'new sessions'), $table, $old,
            "ALTER TABLE $table RENAME $column TO good; ALTER TABLE $table RENAME evil TO $column",
            "ALTER TABLE $table RENAME $column TO evil; ALTER TABLE $table RENAME good TO $column");
    }
    as_role('mallory', "ALTER TABLE $table DROP evil");
}
my @types = (
    ['holomamba.mallorys_items', 'item_id', "format('%s', item_id)::mallory.label", 'integer'],
    ['holomamba.mallorys_users', 'user_id', "format('%s', user_id)::mallory.label", 'integer'],
    ['mallory.events', 't', "format('%s', t)::mallory.label", 'integer'],
    ['mallory.items', 'genre', "format('%s', genre)::mallory.label", 'text'],
    ['mallory.items', 'price', "'1'", 'numeric']);
# An order of another type is a replay, for which check_state() would wait as for it: a deadlock.
pop @questions;
foreach (@types)
{
    my ($table, $column, $value, $was) = @$_;
    race("$table.$column of another type", $table, 1, "ALTER TABLE $table ALTER $column TYPE mallory.label USING $value",
        "ALTER TABLE $table ALTER $column TYPE $was USING format('%s', $column)::$was");
}
is(root(q{SELECT count(*) FROM recommend(1, 3, 'mallorys')}), '3', 'all is as it was');
is(root(q{SELECT count(*) FROM holomamba.check_state('mallorys')}), '0', 'the states, too');

# --- Trainings whose model, or right to it, is gone. What they have done is as good as gone, and what others do is theirs alone
# An epoch of many takes longer than the transaction that puts another model in its place: so it meets the other.
foreach my $role (qw(mallory victim))
{
    as_role($role, q{
        CREATE TABLE many (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
        INSERT INTO many SELECT u, 1 + (u * 7 + n * n) % 50, n FROM generate_series(1, 300) u, generate_series(1, 50) n;
        CREATE TABLE few (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
        INSERT INTO few SELECT * FROM many WHERE user_id <= 10});
}
root('CREATE ROLE helper LOGIN; GRANT mallory TO helper');
my $of_many = q{holomamba.create_model('books', 'many', 'user_id', 'item_id', '{t}', options => '{"threads": 1}')};
my $of_few = q{holomamba.create_model('books', 'few', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "threads": 1}')};

# A long training of model "books", mallory's, in a session or in the background: what is done in the middle of its epochs ends it.
# Returns its error, which the server's log tells, too.
sub training_ends
{
    my ($what, $role, $background, $model, $change) = @_;
    my $log = -s $node->logfile;
    is(as_role('mallory', "SELECT $model"), '', "$what: a model");
    my $session = session_of($role);
    my $id;
    if ($background)
    {
        $id = $session->query_safe("SELECT holomamba.start_training('books', 10000)");
    }
    else
    {
        $session->{stdin} .= "CALL holomamba.train('books', 10000);\n\\echo over\n";
        $session->{run}->pump_nb();
    }
    wait_until("count(*) > 0 FROM holomamba.training_log WHERE model = 'books'");
    $change->();
    if ($background)
    {
        wait_until("holomamba_internal.training_pid($id) IS NULL");
    }
    else
    {
        $session->query_until(qr/over/, '');
    }
    $session->quit;
    my ($error) = slurp_file($node->logfile, $log) =~ /ERROR:  (.*)/;
    return $error;
}

# In one transaction the model goes and another comes by its name, with a training of its own
sub replace_by
{
    my ($role) = @_;
    root(qq{
        BEGIN;
        SET LOCAL ROLE mallory;
        SELECT holomamba.drop_model('books');
        SET LOCAL ROLE $role;
        SET LOCAL search_path = $role, public;
        SELECT $of_few;
        SELECT holomamba.start_training('books', 100, options => '{"seed": 7}');
        COMMIT});
}
foreach my $background (0, 1)
{
    foreach my $role (qw(mallory victim))
    {
        my $what = ($background ? 'a training in the background' : 'a training') . " and another model of its name, of $role";
        my $error = training_ends($what, 'mallory', $background, $of_many, sub { replace_by($role); });
        is($error, 'version 1 of model "books" was dropped while it was trained', "$what: it ends");
        is(root("SELECT status IN ('training', 'ready') AND message IS NULL FROM holomamba.versions WHERE model = 'books'"), 't', "$what: the other goes on");
        wait_until("count(*) = 0 FROM holomamba.versions WHERE model = 'books' AND status = 'training'");
        is(root("SELECT version, status, active, epochs, seed, coalesce(message, '') FROM holomamba.versions WHERE model = 'books'"), '1|ready|t|100|7|', "$what: the other is trained");
        is(root("SELECT count(*), min(epoch), max(epoch) FROM holomamba.training_log WHERE model = 'books'"), '100|1|100', "$what: its epochs are its own");
        is(root("SELECT count(*) FROM holomamba.checkpoints WHERE model = 'books'"), '0', "$what: no checkpoint is left");
        is(root("SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables WHERE tablename LIKE 'books%'"), $role, "$what: its tables, too");
        my $weights = q{SELECT md5(string_agg(name || md5(data), ' ' ORDER BY name)) FROM holomamba.parameters WHERE model = 'books'};
        my $trained = root($weights);
        is(as_role($role, qq{SELECT holomamba.drop_model('books'); SELECT $of_few; CALL holomamba.train('books', 100, options => '{"seed": 7}')}), "\n", "$what: the same alone");
        is(root($weights), $trained, "$what: gives the same weights");
        root("SELECT holomamba.drop_model('books')");
    }
}

# The right goes
foreach my $background (0, 1)
{
    my $what = $background ? 'in the background' : 'in a session';
    my %losses = (
        'a member no more' => ['helper', 'REVOKE mallory FROM helper', 'GRANT mallory TO helper'],
        'another owner' => ['mallory', 'ALTER TABLE mallory.few OWNER TO victim', 'ALTER TABLE mallory.few OWNER TO mallory']);
    foreach my $loss (sort keys %losses)
    {
        my ($role, $change, $undo) = @{$losses{$loss}};
        my $error = training_ends("$loss, $what", $role, $background, $of_few, sub { root($change); });
        is($error, 'must be owner of model "books"', "$loss, $what: it ends");
        is(root("SELECT status, message FROM holomamba.versions WHERE model = 'books'"),
            $background ? 'failed|must be owner of model "books"' : 'interrupted|', "$loss, $what: and is not ready");
        is(root("SELECT active_version IS NULL FROM holomamba.models WHERE model = 'books'"), 't', "$loss, $what: nor active");
        root("$undo; SELECT holomamba.drop_model('books')");
    }
}

done_testing();
