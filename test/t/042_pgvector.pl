# Items described by pgvector's type: PGVECTOR_DIR names a built source tree of it, to test with. Without it, a stand-in of its name
# takes its place. A type of the same name that is somebody's own is none.
use strict;
use warnings;

use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Live::Members qw(install_copy script_folder);

my $root = PostgreSQL::Test::Utils::tempdir();
my $install = install_copy($root);
my $scripts = script_folder($root);
chomp(my $libraries = $root . `pg_config --pkglibdir`);

my $tree = $ENV{PGVECTOR_DIR};
unlink glob("$scripts/vector.control"), glob("$scripts/vector--*.sql"), "$libraries/vector.so";
if ($tree)
{
    copy($_, $scripts) or die "$_: $!" foreach "$tree/vector.control", glob "$tree/sql/vector--*.sql";
    copy("$tree/vector.so", $libraries) or die "vector.so: $!";
}
else
{
    append_to_file("$scripts/vector.control", "default_version = '1.0'\nrelocatable = true\n");
    append_to_file("$scripts/vector--1.0.sql", q{
        CREATE TYPE vector;
        CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal IMMUTABLE STRICT AS 'textin';
        CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
        CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, STORAGE = external);
        CREATE CAST (vector AS text) WITHOUT FUNCTION;
        CREATE FUNCTION vector_to_float4(vector, integer, boolean) RETURNS real[] LANGUAGE sql IMMUTABLE STRICT
            AS 'SELECT pg_catalog.translate($1::text, ''[]'', ''{}'')::real[]';
        CREATE CAST (vector AS real[]) WITH FUNCTION vector_to_float4(vector, integer, boolean) AS IMPLICIT;
        CREATE FUNCTION vector_cmp(vector, vector) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'byteacmp';
    } . join('', map { my ($sign, $name) = @$_; qq{
        CREATE FUNCTION vector_$name(vector, vector) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'bytea$name';
        CREATE OPERATOR $sign (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_$name);
    } } ['<', 'lt'], ['<=', 'le'], ['=', 'eq'], ['>=', 'ge'], ['>', 'gt']) . q{
        CREATE OPERATOR CLASS vector_ops DEFAULT FOR TYPE vector USING btree AS
            OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 vector_cmp(vector, vector);
    });
}

my $node = PostgreSQL::Test::Cluster->new('main', install_path => $install);
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$node->start;

sub query { my ($sql) = @_; return $node->safe_psql('postgres', $sql); }

# What a role gets: its rows, or the error.
sub as_shop
{
    my ($sql) = @_;
    my ($status, $out, $err) = $node->psql('postgres', "SET SESSION AUTHORIZATION shop; SET client_min_messages = error;\n$sql", on_error_stop => 1);
    return $status == 0 ? $out : ($err =~ /ERROR:  (.*)/ ? "ERROR: $1" : "exit $status: $err");
}

query(q{
    CREATE EXTENSION holomamba;
    CREATE ROLE shop LOGIN;
    CREATE SCHEMA shop AUTHORIZATION shop;
    CREATE SCHEMA extensions;
    CREATE EXTENSION vector SCHEMA extensions;
    GRANT USAGE ON SCHEMA extensions TO PUBLIC;
});

is(as_shop(q{SELECT holomamba_internal.attribute_kind('extensions.vector')}), 'vector', 'the type describes items');
my $made = as_shop(q{
    CREATE TABLE items (item_id integer PRIMARY KEY, embedding extensions.vector, stock integer);
    INSERT INTO items SELECT i, format('[%s,%s,%s]', i % 2, sin(i), cos(i))::extensions.vector FROM generate_series(1, 12) i;
    CREATE TABLE events (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
    INSERT INTO events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
    SELECT holomamba.create_model('items', 'events', 'user_id', 'item_id', '{t}', 'items', 'item_id', '{embedding}',
        '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}');
    CALL holomamba.train('items');
});
unlike($made, qr/ERROR|exit/, 'a model is trained');
is(query(q{SELECT labels FROM holomamba.vocabulary WHERE field = 'embedding'}), '{3}', 'the vectors have three elements');
query('CREATE TABLE known AS SELECT item_id, target::text FROM holomamba.items_items');
my $changed = q{SELECT string_agg(i.item_id::text, ' ' ORDER BY i.item_id) FROM holomamba.items_items i LEFT JOIN known k USING (item_id) WHERE k.target IS DISTINCT FROM i.target::text};
is(as_shop(q{UPDATE items SET embedding = '[1,2,3]' WHERE item_id = 4; UPDATE items SET stock = 1;}) . query($changed), '4', 'a changed vector changes its item');
is(as_shop(q{INSERT INTO items VALUES (20, '[1,2,3]'), (21, '[2,4,6]'), (22, '[1,2]'), (23, NULL);}) . query($changed), '4 20 21 22 23', 'new items are known');
is(query(q{SELECT string_agg(i, '; ' ORDER BY i) FROM (SELECT string_agg(item_id::text, ' ' ORDER BY item_id) FROM holomamba.items_items WHERE item_id >= 20 GROUP BY target::text) g (i)}),
    '20 21; 22 23', 'by the directions of their vectors; one of another length is none');
is(as_shop('SELECT count(*) FROM recommend(1, 20)') > 0, 1, 'and recommended');
is(as_shop(q{CALL holomamba.train('items')}), 'ERROR: column "embedding" of table shop.items holds vectors of different lengths', 'a training wants one length');
is(as_shop(q{UPDATE items SET embedding = '[1,2,3]' WHERE item_id = 22; CALL holomamba.train('items')}), '', 'and goes on with one');

# Whoever owns the extension, as its installer does where it is trusted, may add a type of his own to it.
query(q{UPDATE pg_extension SET extowner = (SELECT oid FROM pg_roles WHERE rolname = 'shop') WHERE extname = 'vector'});
as_shop(q{
    CREATE TYPE shop.vector AS (x real[]);
    CREATE FUNCTION shop.to_array(shop.vector) RETURNS real[] LANGUAGE sql AS 'SELECT ($1).x';
    CREATE CAST (shop.vector AS real[]) WITH FUNCTION shop.to_array(shop.vector);
});
is(as_shop(q{SELECT holomamba_internal.attribute_kind('shop.vector')}), '', 'a type of the same name is none');
is(as_shop('ALTER EXTENSION vector ADD TYPE shop.vector; ALTER EXTENSION vector ADD FUNCTION shop.to_array(shop.vector)'), '', 'made a part of the extension');
is(as_shop(q{SELECT holomamba_internal.attribute_kind('shop.vector')}), '', 'it is still none');
is(as_shop(q{ALTER TABLE items ADD mine shop.vector; SELECT holomamba.create_model('mine', 'events', 'user_id', 'item_id', '{t}', 'items', 'item_id', '{mine}')}),
    'ERROR: column "mine" of type shop.vector cannot be an attribute', 'and no attribute');

$node->stop;
done_testing();
