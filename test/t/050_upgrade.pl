# ALTER EXTENSION UPDATE: a database of every release comes to the version under way. All that belongs to the extension is as in a fresh
# installation, and its models serve as before. Until there is a release, and beside it, a next version is made up here, by which it is
# shown that what an upgrade script forgets is found.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Live::Carried qw(create_models $recommendations $states $wrong $more);
use Live::Members qw(install_copy script_folder $members);

my $root = PostgreSQL::Test::Utils::tempdir();
my $install = install_copy($root);
my $scripts = script_folder($root);
my ($version) = slurp_file("$scripts/holomamba.control") =~ /^default_version = '(.*)'/m;
my $current = slurp_file("$scripts/holomamba--$version.sql");
my @releases = grep { $_ ne $version } map { m{/holomamba--((?:(?!--).)+)\.sql$} ? $1 : () } glob "$scripts/holomamba--*.sql";

# The next version: a function, a column, a view that is replaced, a right.
my $next = "$version.next";
my %change = (
    function => q{CREATE FUNCTION holomamba.answer() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 42;},
    comment => q{COMMENT ON FUNCTION holomamba.answer() IS 'the answer';},
    right => q{REVOKE EXECUTE ON FUNCTION holomamba.answer() FROM PUBLIC;},
    column => q{ALTER TABLE holomamba.training_log ADD COLUMN mood text;},
    view => q{CREATE OR REPLACE VIEW holomamba.checkpoints WITH (security_barrier) AS SELECT c.model, c.version, c.name, c.part, c.data FROM holomamba.checkpoint_catalogue c WHERE holomamba.may_manage(c.model) AND c.part >= 0;},
    dumped => q{CREATE TABLE holomamba.moods (mood text PRIMARY KEY); SELECT pg_catalog.pg_extension_config_dump('holomamba.moods', '');},
    option => q{ALTER FUNCTION holomamba.options() ROWS 31;},
);
my @changes = qw(function comment right column view dumped option);

sub write_script { my ($name, $text) = @_; unlink "$scripts/$name"; append_to_file("$scripts/$name", $text); return; }
my $guard = "\\echo Use \"ALTER EXTENSION holomamba UPDATE\" to load this file. \\quit\n";
write_script("holomamba--$next.sql", $current . join "\n", @change{@changes});
write_script("holomamba--$version--$next.sql", $guard . join "\n", @change{@changes});

my $node = PostgreSQL::Test::Cluster->new('main', install_path => $install);
$node->init;
$node->start;

sub query { my ($database, $sql) = @_; return $node->safe_psql($database, $sql); }

# A database with the extension of a version, and what belongs to it.
sub fresh
{
    my ($name, $of) = @_;
    query('postgres', "CREATE DATABASE $name");
    query($name, "CREATE EXTENSION holomamba VERSION '$of'");
    return query($name, $members);
}

# The lines that two lists do not have in common.
sub differences
{
    my %count;
    $count{$_}++ foreach split /\n/, $_[0];
    $count{$_}-- foreach split /\n/, $_[1];
    return map { ($count{$_} > 0 ? '- ' : '+ ') . $_ } grep { $count{$_} } sort keys %count;
}

my $now = fresh('now', $version);
cmp_ok(scalar(split /\n/, $now), '>', 1000, 'the members of the extension are told');

# From every release to the version under way, with models.
foreach my $release (@releases)
{
    my $database = 'from_' . ($release =~ s/\W/_/gr);
    fresh($database, $release);
    query($database, "ALTER EXTENSION holomamba UPDATE TO '$version'");
    is_deeply([ differences(query($database, $members), $now) ], [], "$release, upgraded, is $version");
}

# From the version under way to the next one: databases with models, which go on as one that is not upgraded does.
create_models($node);
query('postgres', 'CREATE DATABASE upgraded TEMPLATE original');
my $new = fresh('new', $next);
my @told = differences($new, $now);
cmp_ok(scalar(@told), '>', scalar(@changes), 'every change is told');
query('upgraded', "ALTER EXTENSION holomamba UPDATE TO '$next'");
is_deeply([ differences(query('upgraded', $members), $new) ], [], "$version, upgraded, is $next");
is(query('upgraded', $_), query('original', $_), 'states and lists are the same') foreach ($states, $recommendations);
query($_, $more) foreach ('original', 'upgraded');
is(query('upgraded', $_), query('original', $_), 'and they go on in the same way') foreach ($states, $recommendations);
is(query('upgraded', $wrong), '0', 'states are those of a replay');
query('upgraded', "CALL holomamba.train('plain')");
is(query('upgraded', "SELECT holomamba.answer(), active_version, (SELECT count(*) FROM holomamba.check_state('shop')) FROM holomamba.models WHERE model = 'plain'"), '42|3|0',
    'a training, with what is new');
query('upgraded', "CREATE EXTENSION IF NOT EXISTS holomamba; SET ROLE shop; SELECT holomamba.drop_model('shop')");

# What a script forgets, or does otherwise, is found.
foreach my $forgotten (@changes)
{
    next if $forgotten eq 'function';
    my $name = "without_$forgotten";
    write_script("holomamba--$version--$next.sql", $guard . join "\n", @change{ grep { $_ ne $forgotten } @changes });
    fresh($name, $version);
    query($name, "ALTER EXTENSION holomamba UPDATE TO '$next'");
    isnt(scalar(differences(query($name, $members), $new)), 0, "an upgrade that forgets the $forgotten is found");
}

# Of a version without a way to it, PostgreSQL says so.
my ($status, $out, $err) = $node->psql('now', "ALTER EXTENSION holomamba UPDATE TO '9.9'");
like($err, qr/has no update path/, 'no way, no upgrade');

done_testing();
