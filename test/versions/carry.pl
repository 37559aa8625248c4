# A database of an older PostgreSQL comes to a newer one, by pg_upgrade and by a dump: weights, states, lists, triggers and rights
# are the same to the byte, and events and trainings go on as they do in the older one. OLD_INSTALL is the older one's installation.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Live::Carried qw(create_models $recommendations $states $catalogue $wrong $more);

# Of 18 a cluster has checksums unless told otherwise, and both must have them or not.
my @same = ('--data-checksums', '--encoding=UTF8', '--locale=C.UTF-8');
my %node;
my $install = $ENV{OLD_INSTALL} or die 'OLD_INSTALL is not set';
$node{old} = PostgreSQL::Test::Cluster->new('old', install_path => $install);
$node{$_} = PostgreSQL::Test::Cluster->new($_) foreach ('upgraded', 'restored');
foreach my $node (values %node)
{
    $node->init(extra => \@same);
    $node->append_conf('postgresql.conf', "fsync = off\n");
}

sub query { my ($name, $sql, $database) = @_; return $node{$name}->safe_psql($database // 'original', $sql); }
my @new = ('upgraded', 'restored');
sub same { my ($sql, $what) = @_; is(query($_, $sql), query('old', $sql), "$_: $what") foreach @new; return; }

$node{old}->start;
create_models($node{old});
cmp_ok(length query('old', $recommendations), '>', 10000, 'there are recommendations to compare');
is(query('old', $wrong), '0', 'states are right before');
my ($older) = query('old', 'SHOW server_version') =~ /^(\d+)/;

# Minor releases of November 2026 and later write an option of their own for columns. A newer server of an earlier round of releases
# does not know it, nor does its pg_dump leave it out: pg_upgrade stops, and the dump has to be the older one's (docs/operations.md).
my $restored = $node{restored};
$restored->start;
query('restored', 'CREATE TABLE t (n integer)', 'postgres');
my $written = "SELECT EXISTS (SELECT FROM pg_attribute, unnest(attoptions) o WHERE o LIKE 'pg_attver=%')";
my $behind = query('old', $written) eq 't' && query('restored', $written, 'postgres') eq 'f';
@new = ('restored') if $behind;

# The dump is made by the newer one's programs otherwise, as PostgreSQL's documentation advises.
my $dumps = $behind ? $node{old} : $restored;
my $directory = PostgreSQL::Test::Utils::tempdir();
$dumps->command_ok([ 'pg_dumpall', '--globals-only', '-f', "$directory/roles.sql", '-d', $node{old}->connstr('postgres') ], 'roles are dumped');
$dumps->command_ok([ 'pg_dump', '-Fc', '-f', "$directory/dump", $node{old}->connstr('original') ], 'and the database');
# The superuser is there already.
$restored->command_ok([ 'psql', '-Xq', '-d', $restored->connstr('postgres'), '-f', "$directory/roles.sql" ], 'roles are restored');
query('restored', 'CREATE DATABASE original', 'postgres');
$restored->command_ok([ 'pg_restore', '--exit-on-error', '-d', $restored->connstr('original'), "$directory/dump" ], 'and the database');

$node{old}->stop;
my $upgraded = $node{upgraded};
SKIP:
{
    skip 'the newer server is of an earlier round of minor releases than the older one', 1 if $behind;
    # It writes its log and its scripts below the new cluster's folder, and its sockets where it stands.
    local $ENV{PWD};
    chdir $directory or die "chdir $directory: $!";
    my $to = $upgraded->config_data('--bindir');
    my $done = command_ok([ 'pg_upgrade', '--no-sync', '-d', $node{old}->data_dir, '-D', $upgraded->data_dir, '-b', "$install/bin", '-B', $to,
        '-s', $upgraded->host, '-p', $node{old}->port, '-P', $upgraded->port, '-U', 'postgres' ], 'pg_upgrade');
    if (!$done)
    {
        diag(slurp_file($_)) foreach (glob($upgraded->data_dir . '/pg_upgrade_output.d/*/*.txt'), glob($upgraded->data_dir . '/pg_upgrade_output.d/*/log/*'));
    }
}
delete $node{upgraded} if $behind;
$node{$_}->start foreach (grep { $_ ne 'restored' } sort keys %node);
note(query($_, 'SELECT version()')) foreach (sort keys %node);
cmp_ok((query('restored', 'SHOW server_version') =~ /^(\d+)/)[0], '>', $older, 'the new server is newer');

same($catalogue, 'the catalogue, weights, tables, functions and triggers are the same');
same($states, 'states are the same');
same($recommendations, 'recommendations are the same');
is(query($_, $wrong), '0', "$_: states are those of a replay") foreach @new;
foreach my $name (@new)
{
    is(query($name, "SELECT count(*) FROM pg_class c JOIN pg_am a ON a.oid = relam AND amname = 'holomamba' AND relkind = 'i', LATERAL holomamba.check_index(c.oid) problem"), '0',
        "$name: indexes are whole");
    is(query($name, "SELECT count(*) FROM unnest('{plain,shop,deeds}'::text[]) m, holomamba.check_state(m) s"), '0', "$name: check_state() finds nothing");
}

query($_, $more) foreach (sort keys %node);
same($states, 'events move states to where the older one moves them');
same($recommendations, 'and recommendations with them');
is(query($_, $wrong), '0', "$_: which are those of a replay") foreach @new;

foreach my $name (@new)
{
    query($name, "SELECT holomamba.activate('plain', 2)");
    is(query($name, $wrong), '0', "$name: another version can be activated");
    query($name, "CALL holomamba.train('plain')");
    is(query($name, "SELECT active_version FROM holomamba.models WHERE model = 'plain'"), '3', "$name: and trained");
    is(query($name, "SELECT count(*) FROM holomamba.evaluate('shop', version => 1)"), '5', "$name: and evaluated");
    query($name, "SET ROLE shop; SELECT holomamba.drop_model('shop')");
    query($name, 'DROP EXTENSION holomamba CASCADE');
    is(query($name, 'SELECT count(*) FROM plain'), query('old', 'SELECT count(*) FROM plain'), "$name: the extension can go, and no event with it");
}

done_testing();
