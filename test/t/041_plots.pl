# What plot_training() and plot_items() return is drawn by a program that has never heard of them.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'rsvg-convert is not there' if system('which rsvg-convert >/dev/null 2>&1') != 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION holomamba;
    CREATE TABLE items (item_id integer PRIMARY KEY, kind text, price real);
    INSERT INTO items SELECT i, 'kind ' || i % 4, i FROM generate_series(1, 60) i;
    CREATE TABLE events (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
    INSERT INTO events SELECT u, 1 + (u * 5 + n * (1 + u % 7)) % 60, n FROM generate_series(1, 60) u, generate_series(1, 12) n;
    SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', 'items', 'item_id', '{kind,price}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 3, "threads": 1}');
});
$node->safe_psql('postgres', q{CALL holomamba.train('m', holdout => 'leave_one_out')});

# The size of the picture in bytes: what is drawn on white makes it larger.
sub drawn
{
    my ($name, $svg) = @_;
    my $folder = PostgreSQL::Test::Utils::tempdir();
    append_to_file("$folder/$name.svg", $svg);
    system_or_bail('rsvg-convert', '-o', "$folder/$name.png", "$folder/$name.svg");
    like(slurp_file("$folder/$name.png"), qr/^\x89PNG/, "$name is a picture");
    return -s "$folder/$name.png";
}

my $empty = drawn('empty', $node->safe_psql('postgres', q{SELECT holomamba_internal.svg_picture(760, 520, '')}));
foreach my $call (q{plot_training('m')}, q{plot_items('m')}, q{plot_items('m', 'kind')}, q{plot_items('m', 'price')})
{
    my ($name) = $call =~ /(\w+)\(/;
    cmp_ok(drawn($name . length $call, $node->safe_psql('postgres', "SELECT holomamba.$call")), '>', 2 * $empty, "$call draws something");
}

$node->stop;
done_testing();
