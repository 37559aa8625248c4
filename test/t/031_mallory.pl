# Mallory, who has a database role and a model of her own, against a victim who has a model, and against the superuser who
# looks after both: she gets no rights of theirs, changes nothing of theirs, and stops nobody.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_worker_processes = 8\n");
$node->start;

my $model = q('events', 'user_id', 'item_id', '{t}', 'items', 'item_id', '{genre}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');

sub root { my ($sql) = @_; return $node->safe_psql('postgres', $sql); }

# What a role gets: its rows, or the error.
sub as_role
{
    my ($role, $sql) = @_;
    my ($status, $out, $err) = $node->psql('postgres', "SET SESSION AUTHORIZATION $role; SET client_min_messages = error;\n$sql", on_error_stop => 1);
    return $status == 0 ? $out : ($err =~ /ERROR:  (.*)/ ? "ERROR: $1" : "exit $status: $err");
}
sub mallory { return as_role('mallory', @_); }

# --- The stage: both have a schema with events and items, and a model of the same shape
root(q{
    CREATE EXTENSION holomamba;
    CREATE ROLE mallory LOGIN;
    CREATE ROLE victim LOGIN;
    CREATE SCHEMA mallory AUTHORIZATION mallory;
    CREATE SCHEMA victim AUTHORIZATION victim;
    CREATE TABLE public.witness (seen_at text, who name);
    GRANT INSERT ON public.witness TO PUBLIC;
});
foreach my $role (qw(mallory victim))
{
    my $made = as_role($role, qq{
        CREATE TABLE events (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
        CREATE TABLE items (item_id integer PRIMARY KEY, genre text);
        INSERT INTO items SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
        INSERT INTO events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
        SELECT holomamba.create_model('${role}s', $model);
        CALL holomamba.train('${role}s');
        CALL holomamba.train('${role}s', 1, 'leave_one_out');
    });
    unlike($made, qr/ERROR|exit/, "$role has a model");
}
root(q{
    -- The witness writes down in whose name it runs, and takes what that name may.
    SET ROLE mallory;
    CREATE FUNCTION mallory.bear_witness(place text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.witness VALUES (place, current_user);
        BEGIN
            ALTER ROLE mallory SUPERUSER;
        EXCEPTION WHEN insufficient_privilege THEN NULL;
        END;
    END $$;
    CREATE FUNCTION mallory.witness_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM mallory.bear_witness(TG_NAME || ' on ' || TG_TABLE_NAME);
        RETURN coalesce(NEW, OLD);
    END $$;
});

# In whose name did her code run since the last time? And nobody has become what he was not.
sub witnesses
{
    my ($what, $expected) = @_;
    is(root("SELECT string_agg(DISTINCT who, ' ' ORDER BY who) FROM public.witness"), $expected, "$what: in whose name her code runs");
    is(root("SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY 1"), root('SELECT current_user'), "$what: no new superuser");
    root('TRUNCATE public.witness; ALTER ROLE mallory NOSUPERUSER');
}

# --- Her code hangs on her model's tables, and the superuser looks after her model
mallory(q{
    CREATE TRIGGER w BEFORE INSERT OR UPDATE OR DELETE ON holomamba.mallorys_items FOR EACH ROW EXECUTE FUNCTION mallory.witness_trigger();
    CREATE TRIGGER w BEFORE INSERT OR UPDATE OR DELETE ON holomamba.mallorys_users FOR EACH ROW EXECUTE FUNCTION mallory.witness_trigger();
    CREATE FUNCTION mallory.checks(x bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.bear_witness('check'); RETURN true; END $$;
    CREATE FUNCTION mallory.defaults() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.bear_witness('default'); RETURN 1; END $$;
    ALTER TABLE holomamba.mallorys_items ADD CHECK (mallory.checks(popularity)), ADD more integer DEFAULT mallory.defaults();
    ALTER TABLE holomamba.mallorys_users ADD CHECK (mallory.checks(events)), ADD more integer DEFAULT mallory.defaults();
});
root('TRUNCATE public.witness');
my @care = (
    'train' => q{CALL holomamba.train('mallorys')},
    'train with a holdout' => q{CALL holomamba.train('mallorys', 1, 'leave_one_out')},
    'activate' => q{SELECT holomamba.activate('mallorys', 1)},
    'rebuild_state' => q{SELECT holomamba.rebuild_state('mallorys')},
    'rebuild_state of some' => q{SELECT holomamba.rebuild_state('mallorys', '{1,2}')},
    'an event' => q{INSERT INTO mallory.events VALUES (1, 1, 100)},
    'events' => q{INSERT INTO mallory.events VALUES (2, 1, 101), (3, 1, 101), (77, 1, 1)},
    'an item' => q{INSERT INTO mallory.items VALUES (50, 'genre 1')},
    'a change of an item' => q{UPDATE mallory.items SET genre = 'genre 2' WHERE item_id = 50},
    'a deletion' => q{DELETE FROM mallory.events WHERE t = 100});
while (my ($what, $sql) = splice @care, 0, 2)
{
    root($sql);
    witnesses($what, 'mallory');
}
root(q{SELECT holomamba.start_training('mallorys', 1)});
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM holomamba.versions WHERE status = 'training'});
witnesses('start_training', 'mallory');
is(root(q{SELECT count(*) FROM holomamba.versions WHERE model = 'mallorys' AND status <> 'ready'}), '0', 'and all of that worked');

# Nor later: what she defers would run when her name is no longer the one in force.
mallory(q{
    CREATE CONSTRAINT TRIGGER later AFTER INSERT OR UPDATE ON holomamba.mallorys_items DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION mallory.witness_trigger();
});
my ($status, $out, $err) = $node->psql('postgres', q{SELECT holomamba.activate('mallorys', 1)});
like($err, qr/cannot fire deferred trigger within security-restricted operation/, 'a deferred trigger is refused');
mallory('DROP TRIGGER later ON holomamba.mallorys_items');
root('TRUNCATE public.witness');

# Readers' names are not hers either
foreach my $ask (q{SELECT count(*) FROM recommend(1, 3, 'mallorys')}, q{SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 3, 'mallorys')},
    q{SELECT count(*) FROM recommend_batch(NULL::bigint[], 3, 'mallorys')}, q{SELECT count(*) FROM similar_items(1, 3, 'mallorys')},
    q{SELECT count(*) FROM recommend_basket('{1,2}'::bigint[], 3, 'mallorys')}, q{SELECT count(*) FROM recommend_users(1, 3, 'mallorys')},
    q{SELECT count(*) FROM similar_users(1, 3, 'mallorys')},
    q{SELECT count(*) FROM explain_recommendation(1, 3, 'mallorys')}, q{SELECT count(*) FROM holomamba.evaluate('mallorys', version => 2)},
    q{SELECT count(*) FROM holomamba.check_state('mallorys')}, q{SELECT count(*) FROM holomamba.popular_items('mallorys')})
{
    root($ask);
    is(root('SELECT count(*) FROM public.witness'), '0', "no code of hers runs for: $ask");
}

# --- Operators and functions of hers, found through her tables
mallory(q{
    CREATE TYPE mallory.hrr AS (x integer);
    CREATE FUNCTION mallory.distance(a mallory.hrr, b public.hrr) RETURNS double precision LANGUAGE plpgsql AS
        $$ BEGIN PERFORM mallory.bear_witness('<#>'); RETURN 0; END $$;
    CREATE OPERATOR mallory.<#> (LEFTARG = mallory.hrr, RIGHTARG = public.hrr, FUNCTION = mallory.distance);
    DROP INDEX holomamba.mallorys_items_target_idx;
    ALTER TABLE holomamba.mallorys_items ALTER target TYPE mallory.hrr USING ROW(1)::mallory.hrr;
});
foreach my $ask (q{SELECT * FROM recommend(1, 3, 'mallorys')}, q{SELECT * FROM recommend_next('{1,2}'::bigint[], 3, 'mallorys')},
    q{SELECT * FROM recommend_batch(NULL::bigint[], 3, 'mallorys')}, q{SELECT * FROM similar_items(1, 3, 'mallorys')},
    q{SELECT * FROM recommend_basket('{1,2}'::bigint[], 3, 'mallorys')}, q{SELECT * FROM recommend_users(1, 3, 'mallorys')},
    q{SELECT * FROM similar_users(1, 3, 'mallorys')})
{
    ($status, $out, $err) = $node->psql('postgres', $ask);
    like($err, qr/column "target" of table holomamba.mallorys_items is not of type public.hrr/, "refused: $ask");
    is(root('SELECT count(*) FROM public.witness'), '0', 'and her operator was not asked');
}
($status, $out, $err) = $node->psql('postgres', q{CALL holomamba.train('mallorys')});
witnesses('train on a column of her type', '');
mallory('ALTER TABLE holomamba.mallorys_items ALTER target TYPE public.hrr USING NULL');

# --- A table that has become a view, which a rule can make of an empty one before PostgreSQL 16
SKIP:
{
    skip 'rules make no views any more', 1 if root("SELECT current_setting('server_version_num')::int >= 160000") eq 't';
    mallory(q{CREATE FUNCTION mallory.peeks() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.bear_witness('view'); RETURN true; END $$});
    foreach my $table ('mallory.log', 'mallory.things', 'holomamba.views_items', 'holomamba.views_users')
    {
        is(mallory(q{
            CREATE TABLE mallory.log (user_id integer, item_id integer, t integer);
            CREATE TABLE mallory.things (item_id integer PRIMARY KEY, genre text);
            INSERT INTO mallory.log SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
            INSERT INTO mallory.things SELECT i, 'genre' FROM generate_series(1, 12) i;
            SELECT holomamba.create_model('views', 'mallory.log', 'user_id', 'item_id', '{t}', 'mallory.things', 'item_id', '{genre}',
                '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
            CALL holomamba.train('views', 1, 'leave_one_out');
        }), '', 'a model');
        my $columns = root("SET search_path = ''; SELECT string_agg(format('NULL::%s AS %I', format_type(atttypid, atttypmod), attname), ', ' ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped");
        my $triggers = root("SELECT string_agg(format('DROP TRIGGER %I ON %s;', tgname, tgrelid::regclass), ' ') FROM pg_trigger WHERE tgrelid = '$table'::regclass");
        my $indexes = root("SELECT string_agg(CASE WHEN indisprimary THEN format('ALTER TABLE $table DROP CONSTRAINT %I;', relname)
            ELSE format('DROP INDEX %s;', indexrelid::regclass) END, ' ') FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = '$table'::regclass");
        is(mallory("$triggers $indexes TRUNCATE $table;"), '', "$table is bare");
        my $not_null = root("SELECT string_agg(format('ALTER TABLE $table ALTER %I DROP NOT NULL;', attname), ' ') FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0 AND attnotnull");
        is(mallory($not_null), '', 'and takes NULLs');
        mallory("VACUUM $table");
        is(mallory("CREATE RULE \"_RETURN\" AS ON SELECT TO $table DO INSTEAD SELECT $columns WHERE mallory.peeks()"), '', 'and becomes a view');
        root('TRUNCATE public.witness');
        $node->psql('postgres', $_)
            foreach q{SELECT * FROM recommend(1, 3, 'views')}, q{SELECT * FROM recommend_next('{1,2}'::bigint[], 3, 'views')},
            q{SELECT * FROM recommend_batch(NULL::bigint[], 3, 'views')}, q{SELECT * FROM similar_items(1, 3, 'views')},
            q{SELECT * FROM recommend_basket('{1,2}'::bigint[], 3, 'views')}, q{SELECT * FROM recommend_users(1, 3, 'views')},
            q{SELECT * FROM similar_users(1, 3, 'views')},
            q{SELECT * FROM explain_recommendation(1, 3, 'views')}, q{SELECT * FROM holomamba.popular_items('views')},
            q{SELECT * FROM holomamba.evaluate('views')}, q{SELECT * FROM holomamba.check_state('views')}, q{SELECT holomamba.rebuild_state('views')},
            q{SELECT holomamba.activate('views', 1)}, q{CALL holomamba.train('views')}, q{CALL holomamba.train('views', 1, 'leave_one_out')},
            q{SELECT * FROM holomamba.item_vectors('views', 1)}, q{SELECT * FROM holomamba.describe_items('views', 1, '{1}')},
            q{SELECT holomamba.change_interactions('views', 'mallory.log')};
        is(root("SELECT coalesce(string_agg(DISTINCT who, ' '), '') FROM public.witness WHERE who <> 'mallory'"), '', "no name but hers reads the view $table");
        root("TRUNCATE public.witness; DROP VIEW $table; SELECT holomamba.drop_model('views')");
        root("DROP TABLE IF EXISTS $_") foreach grep { $_ ne $table } 'mallory.log', 'mallory.things';
        is(root(q{SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY 1}), root('SELECT current_user'), 'no new superuser');
    }
}

# --- The catalogue is not hers to lock, to fill or to count in
foreach my $table (qw(model_catalogue version_catalogue parameters vocabulary_catalogue training_log checkpoint_catalogue vocabulary checkpoints labels models versions))
{
    foreach my $mode ('ROW SHARE', 'ROW EXCLUSIVE', 'SHARE', 'ACCESS EXCLUSIVE')
    {
        like(mallory("BEGIN; LOCK TABLE holomamba.$table IN $mode MODE"), qr/ERROR: permission denied/, "$table cannot be locked in mode $mode");
    }
    like(mallory("SELECT * FROM holomamba.$table FOR $_"), qr/ERROR: permission denied|ERROR: FOR .* is not allowed/, "nor rows of it $_")
        foreach 'UPDATE', 'KEY SHARE';
    like(mallory("DELETE FROM holomamba.$table"), qr/ERROR: (permission denied|cannot delete)/, 'nor deleted from');
    like(mallory("INSERT INTO holomamba.$table SELECT * FROM holomamba.$table"), qr/ERROR: (permission denied|cannot insert)/, 'nor filled');
}
like(mallory("UPDATE holomamba.version_catalogue SET fingerprint = 1"), qr/permission denied/, 'no weights of hers under the name of others');
like(mallory("SELECT nextval('holomamba.training_ids')"), qr/permission denied/, 'numbers of trainings are not hers to take');
like(mallory("SELECT setval('holomamba.training_ids', 2147483647)"), qr/permission denied/, 'setval too');
like(mallory($_), qr/ERROR: (must be owner of model "victims"|permission denied)/, "refused: $_")
    foreach q{SELECT holomamba_internal.delete_model('victims')}, q{SELECT holomamba_internal.delete_version('victims', 1)}, q{SELECT holomamba_internal.set_active_version('victims', 1)},
    q{SELECT holomamba_internal.add_version('victims', 'none', '{}')}, q{SELECT holomamba_internal.reopen_version('victims', 1)},
    q{SELECT holomamba_internal.store_vocabulary('victims', 1, '', '{}')}, q{SELECT holomamba.activate('victims', 1)}, q{SELECT holomamba_internal.activate_as_owner('victims', 1)},
    q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT holomamba_internal.active_version('victims')}, q{SELECT holomamba_internal.create_tables('victims')},
    q{SELECT holomamba.cancel_training(training_id) FROM holomamba.version_catalogue WHERE model = 'victims'}, q{SELECT holomamba.forget_version('victims', 1)}, q{SELECT holomamba.drop_model('victims')},
    q{SELECT holomamba.rebuild_state('victims')}, q{CALL holomamba.train('victims')}, q{CALL holomamba.resume_training('victims')},
    q{SELECT holomamba.start_training('victims')}, q{SELECT * FROM holomamba.check_state('victims')}, q{SELECT holomamba.enable_logical_replica('victims')},
    q{SELECT * FROM holomamba.evaluate('victims')}, q{SELECT * FROM holomamba.item_vectors('victims', 1)}, q{SELECT * FROM holomamba.describe_items('victims', 1, '{1}')},
    q{SELECT holomamba_internal.declare_model('other', 'victim.events', 'user_id', 'item_id', '{t}', NULL, NULL, '{}', '{}')};

# A squatter on the lock that says that a training is alive, as it was and as it is
my $squatter = $node->background_psql('postgres');
$squatter->query_safe('SET SESSION AUTHORIZATION mallory');
my $next = 1 + root('SELECT max(training_id) FROM holomamba.version_catalogue');
$squatter->query_safe("SELECT pg_advisory_lock(1751999073, n) FROM generate_series(1, $next + 20) n");
unlike(as_role('victim', q{CALL holomamba.train('victims', 1)}), qr/ERROR/, 'the victim trains beside a squatter');
is(root(q{SELECT count(*) FROM holomamba.versions WHERE status = 'training'}), '0', 'and nothing looks alive that is not');
$squatter->quit;

# All the workers there are
my $taken = mallory(q{
    DROP TABLE IF EXISTS mallory.many;
    CREATE TABLE mallory.many (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
    INSERT INTO mallory.many SELECT u, 1 + (u * 7 + n * n) % 300, n FROM generate_series(1, 300) u, generate_series(1, 30) n;
    SELECT holomamba.create_model('long', 'mallory.many', 'user_id', 'item_id', '{t}', options => '{"threads": 1, "epochs": 1000}');
    BEGIN;
    SELECT holomamba.start_training('long');
    SELECT holomamba.start_training('long');
    SELECT holomamba.start_training('long');
});
like($taken, qr/ERROR: role "mallory" has as many trainings in the background as it may/, 'one role gets its share of the workers');
mallory(q{SELECT holomamba.start_training('long')}) foreach 1 .. 2;
like(mallory(q{SELECT holomamba.start_training('long')}), qr/ERROR: role "mallory" has as many/, 'in several transactions too');
my $started = as_role('victim', q{SELECT holomamba.start_training('victims', 1)});
like($started, qr/^\d+$/, 'and the victim finds one free');
mallory(q{SELECT holomamba.cancel_training(training_id) FROM holomamba.versions WHERE model = 'long' AND status = 'training'});
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM holomamba.versions WHERE status = 'training'});

# A model that the victim may not read does not make his calls ambiguous
root(q{GRANT USAGE ON SCHEMA holomamba TO PUBLIC});
is(as_role('victim', 'SELECT count(*) FROM recommend(1, 3)'), '3', 'which model is meant is clear');
mallory('DROP TABLE holomamba.long_items');
is(as_role('victim', 'SELECT count(*) FROM recommend(1, 3)'), '3', 'also where tables of her model are gone');
mallory('GRANT SELECT ON holomamba.mallorys_items TO PUBLIC');
like(as_role('victim', 'SELECT count(*) FROM recommend(1, 3)'), qr/there are several models: say which/, 'one that he may read does');

is(root(q{SELECT count(*) FROM holomamba.check_state('victims')}), '0', 'the states of the victim are those of a replay');
is(root('SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY 1'), root('SELECT current_user'), 'and there is one superuser');

done_testing();
