# The programs of examples/, on a server of their own. Where a driver is not installed, its program is not run.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $program = 'examples/python/shop.py';
plan skip_all => "$program is not here" unless -e $program;
plan skip_all => 'python3-psycopg2 is not installed' unless system('python3 -c "import psycopg2" 2>/dev/null') == 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION holomamba');
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
local $ENV{PGDATABASE} = 'postgres';

my $visitor = '00000000-0000-0000-0000-000000000042';

# Runs the program: what it prints, as an array of lines.
sub shop
{
    my ($out, $err);
    ok(IPC::Run::run([ 'python3', $program, @_ ], '>', \$out, '2>', \$err), "shop.py @_") or diag $err;
    return [ split /\n/, $out ];
}

shop('setup');
is_deeply(shop('train'), ['ready'], 'a training that is waited for');
is(scalar(grep { /^page \d+\t-?\d/ } @{ shop('for', $visitor) }), 5, 'a list for a visitor who has never been there');
shop('visit', $visitor, 'page 7');
is($node->safe_psql('postgres', "SELECT events FROM holomamba.pages_users WHERE user_id = '$visitor'"), '1', 'a visit moves the state');
my $list = shop('for', $visitor, 3);
is(scalar(@$list), 3, 'a list of another length');
is(scalar(grep { /^page 7\t/ } @$list), 0, 'without the page');
is(scalar(@{ shop('after', 'page 1', 'page 2') }), 5, 'a list after two pages');
is(scalar(@{ shop('after') }), 5, 'a list after none: an array without elements, and without a type');
is(scalar(grep { /^[0-9a-f-]{36}\tpage \d+$/ } @{ shop('newsletter', 2) }), 82, 'a list for each of 41 visitors');

my ($out, $err);
IPC::Run::run([ 'python3', $program ], '>', \$out, '2>', \$err);
like($err, qr/shop\.py setup/, 'without arguments it says what it can do');

done_testing();
