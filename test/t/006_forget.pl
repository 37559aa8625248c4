# Deleting a user's events leaves no trace of him in any table of the extension, the trained weights aside: the same rows,
# byte for byte, as in a database that never knew him; and once vacuumed, no byte of him in any file of the database.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$node->start;

sub query { my ($database, $sql) = @_; return $node->safe_psql($database, $sql); }

# Both databases are copies of one that was trained without him.
query('postgres', 'CREATE DATABASE known');
query('known', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE goods (item_id text PRIMARY KEY, genre text);
    INSERT INTO goods SELECT 'item ' || i, 'genre ' || i % 3 FROM generate_series(1, 14) i;
    CREATE TABLE sales (user_id text, item_id text, t integer, PRIMARY KEY (user_id, t));
    INSERT INTO sales SELECT 'user ' || u, 'item ' || 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 10) u, generate_series(1, 8) n;
    SELECT holomamba.create_model('m', 'sales', 'user_id', 'item_id', '{t}', 'goods', 'item_id', '{genre}',
        '{"dimension": 8, "layers": 2, "state_size": 2, "epochs": 1, "threads": 1}');
    SELECT holomamba.create_model('plain', 'sales', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
});
query('known', "CALL holomamba.train('$_->[0]', options => '{\"seed\": $_->[1]}')") foreach [ 'm', 1 ], [ 'm', 2 ], [ 'plain', 1 ];
query('postgres', 'CREATE DATABASE unknown TEMPLATE known');

# A life: events in all ways, those of others among them. What is his is in a statement of its own or in a row with HIM.
my $him = 'forget me: 5ca1ab1e-7c1f';
my @life = (
    "INSERT INTO sales VALUES ('user 1', 'item 3', 100)",
    "HIM INSERT INTO sales VALUES (HIM, 'item 3', 100)",
    "INSERT INTO sales VALUES ('user 2', 'item 4', 100), (HIM, 'item 5', 101), ('user new', 'item 6', 1)",
    "HIM INSERT INTO sales VALUES (HIM, 'item 1', -1), (HIM, 'an item that only he took', 102)",
    "UPDATE sales SET item_id = 'item 7' WHERE t = 100",
    "SELECT holomamba.activate('m', 1)",
    "INSERT INTO sales VALUES ('user 2', 'item 8', 103), (HIM, 'item 8', 103)",
    "SELECT holomamba.rebuild_state('plain')",
    "DELETE FROM sales WHERE t = 101",
    "HIM INSERT INTO sales SELECT HIM, 'item ' || 1 + n % 14, 200 + n FROM generate_series(1, 50) n",
    "DELETE FROM goods WHERE item_id = 'item 14'",
    "SELECT holomamba.activate('plain', 1)",
    "ANALYZE");
foreach my $statement (@life)
{
    (my $known = $statement) =~ s/^HIM //;
    $known =~ s/HIM/'$him'/g;
    query('known', $known);
    next if $statement =~ /^HIM /;
    (my $unknown = $statement) =~ s/(, )?\(HIM[^)]*\)//g;
    query('unknown', $unknown);
}

# The data of every table of ours, as pg_dump writes it. CLUSTER gives rows the same order in both.
sub our_data
{
    my ($database) = @_;
    query($database, "CLUSTER holomamba.${_}_users USING ${_}_users_pkey; CLUSTER holomamba.${_}_items USING ${_}_items_pkey") foreach 'm', 'plain';
    my ($out, $err);
    IPC::Run::run [ 'pg_dump', '--data-only', '--exclude-table-data=public.*', '-d', $node->connstr($database) ], '>', \$out, '2>', \$err or die $err;
    # A number of its own in every dump, of later minor releases
    $out =~ s/^\\(un)?restrict .*\n//mg;
    return $out;
}

# Files of a database that contain some bytes.
sub files_with
{
    my ($database, $bytes) = @_;
    query($database, 'CHECKPOINT');
    my $directory = $node->data_dir . '/base/' . query($database, 'SELECT oid FROM pg_database WHERE datname = current_database()');
    return grep { -f $_ && index(slurp_file($_), $bytes) >= 0 } glob "$directory/*";
}

# The bytes of his state's vector, as they lie in a row
sub bytes_of_vector
{
    my ($model) = @_;
    return pack 'f<4', split /,/, query('known', "SELECT trim('[]' FROM vector::text) FROM holomamba.${model}_users WHERE user_id = '$him'");
}

my %vectors = map { $_ => bytes_of_vector($_) } 'm', 'plain';
like(our_data('known'), qr/\Q$him\E/, 'he is in a dump while he has events');
isnt(our_data('known'), our_data('unknown'), 'which is not that of a database that never knew him');
cmp_ok(scalar files_with('known', $him), '>', 3, 'and in files: events, states, their indexes, statistics');
cmp_ok(scalar files_with('known', $vectors{$_}), '>', 0, "as is his vector, model $_") foreach 'm', 'plain';

# All his events are deleted.
query('known', "DELETE FROM sales WHERE user_id = '$him'");
my ($known, $unknown) = map { [ split /^/, our_data($_) ] } 'known', 'unknown';
my @differ = map { ($known->[$_] // '') eq ($unknown->[$_] // '') ? () : "known:   " . ($known->[$_] // "\n") . "unknown: " . ($unknown->[$_] // "\n") } 0 .. ($#$known > $#$unknown ? $#$known : $#$unknown);
is(join('', @differ), '', 'his events deleted, a dump is that of a database that never knew him, byte for byte');
cmp_ok(scalar @$known, '>', 100, 'there is something in it');
unlike(join('', @$known), qr/\Q$him\E/, 'he is not in it');
foreach my $model ('m', 'plain')
{
    my $answers = "SELECT u, array_agg(r) FROM unnest(ARRAY['$him', 'user 1', 'user 2', 'user new', 'nobody']) u, recommend(u, 20, '$model') r GROUP BY u ORDER BY u";
    is(query('known', $answers), query('unknown', $answers), "the same is recommended, to him and to others, model $model");
}

# PostgreSQL keeps deleted rows until they are vacuumed, ids in its statistics until the next ANALYZE, and all of it in the
# log until that is recycled.
cmp_ok(scalar files_with('known', $him), '>', 0, 'what PostgreSQL keeps of deleted rows and in its statistics is still in files');
query('known', 'VACUUM FULL');
query('known', 'ANALYZE');
query('known', 'VACUUM FULL pg_statistic');
is(join(' ', files_with('known', $him)), '', 'after VACUUM FULL and ANALYZE he is in no file of the database');
is(join(' ', files_with('known', $vectors{$_})), '', "nor is his vector, model $_") foreach 'm', 'plain';

# The weights: a version that was trained with him knows items that only he took. Trained again and forgotten, it is gone.
query('known', "INSERT INTO sales VALUES ('$him', 'an item that only he took', 1)");
query('known', "CALL holomamba.train('plain')");
query('known', "DELETE FROM sales WHERE user_id = '$him'");
my $vocabulary = "SELECT string_agg(version::text, ',' ORDER BY version) FROM holomamba.vocabulary WHERE model = 'plain' AND 'an item that only he took' = ANY (labels)";
is(query('known', $vocabulary), '2', 'a version trained with him knows his items');
query('known', "CALL holomamba.train('plain')");
query('known', "SELECT holomamba.forget_version('plain', 2)");
is(query('known', $vocabulary), '', 'until it is forgotten');
unlike(our_data('known'), qr/an item that only he took|\Q$him\E/, 'and then nothing is left');

# Trainings that were broken off go on from the events that they began with: his among them, until they are forgotten. As
# items are numbers there, he is known by a history of his own: item 6 again and again, which no other has twice in a row.
query('known', "INSERT INTO sales SELECT '$him', 'item 6', n FROM generate_series(1, 40) n");
query('known', q{
    CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken off'; END $$;
    CREATE TRIGGER break_off BEFORE INSERT ON holomamba.training_log FOR EACH ROW WHEN (NEW.epoch = 2) EXECUTE FUNCTION break_off();
});
isnt($node->psql('known', "CALL holomamba.train('plain', 3)"), 0, 'a training is broken off');
query('known', 'DROP TRIGGER break_off ON holomamba.training_log; DROP FUNCTION break_off()');
my $number = query('known', "SELECT array_position(labels, 'item 6') - 1 FROM holomamba.vocabulary WHERE model = 'plain' ORDER BY version DESC LIMIT 1");
my $history = pack('l<', $number) x 30;
query('known', "DELETE FROM sales WHERE user_id = '$him'");
query('known', 'VACUUM FULL');
cmp_ok(scalar files_with('known', $history), '>', 0, 'his events deleted, they are still in its checkpoint');
query('known', "SELECT holomamba.start_training('plain', 10000)");
my ($status, undef, $error) = $node->psql('known', "SELECT holomamba.forget_unfinished('plain')");
like($error, qr/version 5 of model "plain" is being trained/, 'an error where a training is under way, which could have them too');
is(query('known', "SELECT count(*) FROM holomamba.versions WHERE model = 'plain' AND status = 'interrupted'"), 1, 'and nothing is forgotten');
query('known', "SELECT holomamba.cancel_training(training_id) FROM holomamba.versions WHERE model = 'plain' AND version = 5");
ok($node->poll_query_until('known', "SELECT status = 'interrupted' FROM holomamba.versions WHERE model = 'plain' AND version = 5"), 'that is cancelled');
is(query('known', "SELECT holomamba.forget_unfinished('plain')"), 2, 'both are forgotten');
query('known', 'VACUUM FULL');
is(join(' ', files_with('known', $history)), '', 'and his events are in no file of the database');
is(query('known', "SELECT count(*) FROM holomamba.checkpoint_catalogue"), 0, 'nor is any checkpoint left');
($status, undef, $error) = $node->psql('known', "CALL holomamba.resume_training('plain')");
like($error, qr/has no training to go on with/, 'there is nothing to resume');

$node->stop;
done_testing();
