# The programs of examples/, on a server of their own. Where a driver is not installed, its program is not run; with EXAMPLES=all, as in
# `make check-examples`, that is a failure.
use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'examples/ is not here' unless -d 'examples/python';

# Debian's Python has Debian's packages, where another comes before it in PATH.
my ($python) = grep { system("$_ -c 'import psycopg2' 2>/dev/null") == 0 } qw(python3 /usr/bin/python3);
my $all = ($ENV{EXAMPLES} // '') eq 'all';
plan skip_all => 'python3-psycopg2 is not installed' unless $python || $all;
ok($python, 'a Python with psycopg2') or BAIL_OUT('install python3-psycopg2');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION holomamba');
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
local $ENV{PGDATABASE} = 'postgres';
local $ENV{NODE_PATH} = '/usr/share/nodejs';
chomp($ENV{PGUSER} = `id -un`) unless $ENV{PGUSER};

my $visitor = '00000000-0000-0000-0000-000000000042';
my $list = qr/^page \d+\t-?\d/;

# Runs a program: what it prints, as an array of lines.
sub prints
{
    my ($out, $err);
    ok(IPC::Run::run([@_], '>', \$out, '2>', \$err), "@_") or diag $err;
    return [ split /\n/, $out ];
}

# What is on a list, without the scores: they go on with time.
sub pages_of
{
    return [ map { (split /\t/)[0] } @{ $_[0] } ];
}

# What it says where it has to refuse.
sub refuses
{
    my ($said, @command) = @_;
    my ($out, $err);
    IPC::Run::run([@command], '>', \$out, '2>', \$err);
    isnt($?, 0, "@command");
    like($err, $said, 'says so');
}

# Whether a driver is there.
sub installed
{
    my ($what, @command) = @_;
    my $there = IPC::Run::run([@command], '>', '/dev/null', '2>', '/dev/null');
    ok(0, "$what is installed") if !$there && $all;
    note("$what is not installed") unless $there;
    return $there;
}

sub psycopg2
{
    my @shop = ($python, 'examples/python/shop.py');
    prints(@shop, 'setup');
    is_deeply(prints(@shop, 'train'), ['ready'], 'a training that is waited for');
    is(scalar(grep { /$list/ } @{ prints(@shop, 'for', $visitor) }), 5, 'a list for a visitor who has never been there');
    prints(@shop, 'visit', $visitor, 'page 7');
    is($node->safe_psql('postgres', "SELECT events FROM holomamba.pages_users WHERE user_id = '$visitor'"), '1', 'a visit moves the state');
    my $pages = prints(@shop, 'for', $visitor, 3);
    is(scalar(@$pages), 3, 'a list of another length');
    is(scalar(grep { /^page 7\t/ } @$pages), 0, 'without the page');
    is(scalar(@{ prints(@shop, 'after', 'page 1', 'page 2') }), 5, 'a list after two pages');
    is(scalar(@{ prints(@shop, 'after') }), 5, 'a list after none: an array without elements, and without a type');
    is(scalar(grep { /^[0-9a-f-]{36}\tpage \d+$/ } @{ prints(@shop, 'newsletter', 2) }), 82, 'a list for each of 41 visitors');
    refuses(qr/shop\.py setup/, @shop);
}

sub node_postgres
{
    my @shop = ('node', 'examples/node/shop.js');
    my $other = $visitor =~ s/42$/43/r;
    prints(@shop, 'visit', $other, 'page 7', 'page 8');
    is($node->safe_psql('postgres', "SELECT events FROM holomamba.pages_users WHERE user_id = '$other'"), '2', 'two visits in one statement');
    my $pages = prints(@shop, 'for', $other);
    is(scalar(grep { /$list/ } @$pages), 5, 'a list');
    is_deeply(pages_of($pages), pages_of(prints(@shop, 'after', 'page 7', 'page 8')), 'the same after the same pages');
    is(scalar(@{ prints(@shop, 'after') }), 5, 'an empty array');
    is(scalar(grep { /^(\Q$visitor\E|\Q$other\E)\tpage/ } @{ prints(@shop, 'letters', $visitor, $other) }), 4, 'two visitors, in one go');
    is(scalar(grep { /$list/ } @{ prints(@shop, 'like', 'page 7') }), 5, 'pages like another');
    is(scalar(grep { /^-?\d/ } @{ prints(@shop, 'vector', 'page 7') }), 16, 'a vector as numbers');
    refuses(qr/k must be between 1 and 10000/, @shop, 'for', $other, '0');
    refuses(qr/invalid input syntax for type uuid|is not an id of type uuid/, @shop, 'for', 'nobody');
    refuses(qr/usage/, @shop, 'sell');
}

# Two libraries that map objects to tables, by programs that do the same.
sub mapper
{
    my ($program) = @_;
    my @shop = ($python, "examples/python/$program");
    my $known = pages_of(prints($python, 'examples/python/shop.py', 'for', $visitor, 5));
    is_deeply(pages_of(prints(@shop, 'for', $visitor)), $known, 'the list that shop.py has');
    my $some = prints(@shop, 'some', $visitor);
    is(scalar(grep { /^page \d*7\t/ } @$some), 3, 'pages of a condition');
    my @scores = map { (split /\t/)[1] } @$some;
    is_deeply(\@scores, [ sort { $b <=> $a } @scores ], 'best first');
    is_deeply(prints(@shop, 'store'), [ "calm\t[1.0, 0.0, 0.5]", "wild\t[0.0, 1.0, 0.0]" ], 'vectors written, ordered and read');
    refuses(qr/\Q$program\E for/, @shop);
}

sub rest
{
    my $log = PostgreSQL::Test::Utils::tempdir() . '/rest.log';
    my $server = IPC::Run::start([ $python, 'examples/python/rest.py', '0' ], '<', '/dev/null', '>', $log, '2>&1');
    my $address = '';
    foreach (1 .. 100)
    {
        ($address) = slurp_file($log) =~ m{^(http://\S+)\n};
        last if $address;
        select undef, undef, undef, 0.1;
    }
    my $http = HTTP::Tiny->new;
    my $ask = sub {
        my ($place, $body) = @_;
        my $answer = defined $body ? $http->post("$address$place", { content => $body }) : $http->get("$address$place");
        return ($answer->{status}, eval { JSON::PP::decode_json($answer->{content}) });
    };
    my ($status, $rows) = $ask->("/visitors/$visitor/recommendations?k=3");
    is("$status: " . @$rows, '200: 3', 'a list');
    like($rows->[0]{item_id}, qr/^page \d+$/, 'of pages');
    cmp_ok($rows->[0]{score}, '>=', $rows->[2]{score}, 'best first');
    my $best = $rows->[0]{item_id};
    is(($ask->('/visits', qq({"visitor": "$visitor", "page": "$best"})))[0], 201, 'a visit');
    ($status, $rows) = $ask->("/visitors/$visitor/recommendations?k=3");
    is(scalar(grep { $_->{item_id} eq $best } @$rows), 0, 'moves the list');
    ($status, $rows) = $ask->('/pages/page%207/similar');
    is("$status: " . @$rows, '200: 5', 'similar pages');
    ($status, $rows) = $ask->("/visitors/$visitor/recommendations?k=0");
    is("$status: $rows->{message}", '400: k must be between 1 and 10000, not 0', 'a wrong k');
    is(($ask->("/visitors/$visitor/recommendations?k=many"))[0], 400, 'no k');
    is(($ask->('/visitors/nobody/recommendations'))[0], 400, 'no id');
    is(($ask->('/visits', 'page 7'))[0], 400, 'no JSON');
    is(($ask->('/visits', '{"visitor": "nobody", "page": "page 7"}'))[0], 400, 'no visitor');
    is(($ask->('/visits', qq({"visitor": "$visitor", "page": null})))[0], 409, 'a constraint');
    is(($ask->('/'))[0], 404, 'nothing there');
    $server->kill_kill;
}

psycopg2();
rest();
# Debian's, or npm's.
node_postgres() if installed('node-postgres', 'node', '-e', 'process.chdir("examples/node"); require("module").createRequire(process.cwd() + "/")("pg")');
mapper('sqlalchemy_shop.py') if installed('SQLAlchemy', $python, '-c', 'import sqlalchemy');
mapper('django_shop.py') if installed('Django', $python, '-c', 'import django');

done_testing();
