#!/usr/bin/env perl
# Makes a regression test out of a page of docs: its ```sql blocks, in order, each followed by a ``` block without a
# language where the last statement of the block shows something. What create_model() shows, which is nothing, the page leaves out.
#
#   test/doc_test.pl docs/hrr.md sql             the test, for test/sql
#   test/doc_test.pl docs/hrr.md out             what pg_regress must find, for test/expected
#   test/doc_test.pl docs/hrr.md fill RESULT     the page, with what the statements showed in RESULT, an output of pg_regress
use strict;
use warnings;

my ($page, $mode, $result) = @ARGV;
die "usage: $0 PAGE sql|out|fill [RESULT]\n" unless defined $mode && $mode =~ /^(sql|out|fill)$/;

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file>;
}

# psql does not echo empty lines.
sub echoed {
    my ($sql) = @_;
    return $sql =~ s/^\n//mgr;
}

# What is found in an output of psql.
sub found {
    my ($sql) = @_;
    return echoed($sql) =~ s/^(SELECT holomamba\.create_model\(.*?\);\n)/$1 create_model \n--------------\n \n(1 row)\n\n/gmsr;
}

# A query and what it shows, where it shows something.
my $block = qr/^```sql\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?/ms;
my $text = slurp($page);
my $note = "-- Made from $page by test/doc_test.pl\n";

if ($mode ne 'fill') {
    print $note;
    while ($text =~ /$block/g) {
        my ($sql, $output) = ($1, $2);
        # psql ends a table with an empty line.
        print $mode eq 'sql' ? echoed($sql) : found($sql) . (defined $output ? "$output\n" : '');
    }
    exit;
}

my $shown = slurp($result);
my @queries;
push @queries, found($1) while $text =~ /$block/g;
my ($from, @outputs) = length $note;
for my $i (0 .. $#queries) {
    die "$result does not have the query\n$queries[$i]" if substr($shown, $from, length $queries[$i]) ne $queries[$i];
    $from += length $queries[$i];
    my $to = $i < $#queries ? index($shown, $queries[$i + 1], $from) : length $shown;
    die "$result does not have the query\n$queries[$i + 1]" if $to < 0;
    push @outputs, substr $shown, $from, $to - $from;
    $from = $to;
}
$text =~ s{$block}{
    my $sql = $1;
    my $output = shift(@outputs) =~ s/\n\n\z/\n/r;
    "```sql\n$sql```\n" . ($output eq '' ? '' : "\n```\n$output```\n")
}ge;
print $text;
