#!/usr/bin/env perl
# What valgrind's logs have that counts: an error with a frame of the extension, or an invalid access. One line for each kind, with
# the number of times and the frames.
use strict;
use warnings;

my (%count, $error);

sub finish
{
    my $lines = $error // '';
    $error = undef;
    return if $lines !~ /\S/;
    return if $lines !~ /\([\w.]+\.[ch]pp:\d+\)|holomamba\.so/ && $lines !~ /^(Invalid |Process terminating|Mismatched|Source and destination)/m;
    my @frames = $lines =~ /(?:at|by) 0x[0-9A-F]+: ([^\n]*)/g;
    my ($what) = $lines =~ /^([^\n]*)/;
    $what =~ s/\d+/N/g;
    $count{ join ' < ', $what, @frames[ 0 .. ($#frames < 9 ? $#frames : 9) ] }++;
}

while (<>)
{
    s/^==\d+== ?// or next;
    if (/^\s*$/) { finish() }
    else { $error .= s/^\s+//r }
    finish() if eof;
}
print "$count{$_} x $_\n" foreach sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
