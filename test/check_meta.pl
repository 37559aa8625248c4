#!/usr/bin/perl
# What offends in a META.json against PGXN's specification, version 1.0.0 (https://pgxn.org/meta/spec.txt), a line for each.
#
#   test/check_meta.pl FOLDER      FOLDER/META.json; the files that it names are looked for in FOLDER
use strict;
use warnings;
use JSON::PP ();

my $folder = shift // '.';
open my $file, '<', "$folder/META.json" or die "$folder/META.json: $!\n";
my $meta = eval { JSON::PP->new->utf8->decode(do { local $/; <$file> }) };
if (!$meta || ref $meta ne 'HASH') {
    print 'META.json: ', $@ || 'not an object', "\n";
    exit 1;
}
my $found = 0;

sub bad {
    print "META.json: @_\n";
    $found = 1;
}

my $semantic = qr/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-?[A-Za-z][0-9A-Za-z-]*)?(?:\+[0-9A-Za-z.-]+)?$/;
my %licences = map { $_ => 1 } qw(agpl_3 apache_1_1 apache_2_0 artistic_1 artistic_2 bsd freebsd gfdl_1_2 gfdl_1_3 gpl_1 gpl_2 gpl_3 lgpl_2_1
    lgpl_3_0 mit mozilla_1_0 mozilla_1_1 openssl perl_5 postgresql qpl_1_0 ssleay sun zlib open_source restricted unrestricted unknown);
my %known = map { $_ => 1 } qw(abstract description generated_by license maintainer meta-spec name no_index prereqs provides
    release_status resources tags version);

sub text {
    my ($what, $value) = @_;
    bad("$what is not a text, or is empty") unless defined $value && !ref $value && length $value;
}

# A term names a thing that has an address of its own.
sub term {
    my ($what, $value) = @_;
    text($what, $value);
    bad("$what: \"$value\" is no term") if defined $value && ($value =~ m{[\s/\\[:cntrl:]]} || length $value < 2);
}

sub version_of {
    my ($what, $value) = @_;
    bad("$what: \"" . ($value // '') . '" is no semantic version') unless defined $value && $value =~ $semantic;
}

for (sort keys %$meta) { bad("the key \"$_\" is unknown; others begin with x_") unless $known{$_} || /^x_/i }
for (qw(abstract maintainer license meta-spec name provides version)) { bad("there is no $_") unless exists $meta->{$_} }

text('abstract', $meta->{abstract});
text('description', $meta->{description}) if exists $meta->{description};
term('name', $meta->{name});
version_of('version', $meta->{version});
for (ref $meta->{maintainer} eq 'ARRAY' ? @{ $meta->{maintainer} } : $meta->{maintainer}) { text('maintainer', $_) }
if (ref $meta->{license} eq 'HASH') {
    for (values %{ $meta->{license} }) { bad('license: an address is missing') unless m{^https?://} }
} else {
    for (ref $meta->{license} eq 'ARRAY' ? @{ $meta->{license} } : $meta->{license}) { bad("license: $_") unless $licences{ $_ // '' } }
}
bad("release_status: $meta->{release_status}") if exists $meta->{release_status} && $meta->{release_status} !~ /^(?:stable|testing|unstable)$/;
my $spec = $meta->{'meta-spec'};
bad('meta-spec: version 1.0.0 is what is meant') unless ref $spec eq 'HASH' && ($spec->{version} // '') =~ /^1\.0\.\d+$/;

my $provides = $meta->{provides};
bad('provides is not an object, or is empty') unless ref $provides eq 'HASH' && %$provides;
for my $name (ref $provides eq 'HASH' ? sort keys %$provides : ()) {
    my $one = $provides->{$name};
    term('provides', $name);
    version_of("provides, $name", $one->{version});
    for (qw(file docfile)) { bad("provides, $name: there is no $one->{$_}") if defined $one->{$_} && !-f "$folder/$one->{$_}" }
    bad("provides, $name: file is missing") unless defined $one->{file};
}
my $prereqs = $meta->{prereqs} // {};
for my $phase (sort keys %$prereqs) {
    bad("prereqs: $phase is no phase") unless $phase =~ /^(?:configure|build|test|runtime|develop|x_.*)$/i;
    for my $relation (sort keys %{ $prereqs->{$phase} }) {
        bad("prereqs, $phase: $relation") unless $relation =~ /^(?:requires|recommends|suggests|conflicts|x_.*)$/i;
        my $needed = $prereqs->{$phase}{$relation};
        for my $name (sort keys %$needed) {
            for (split /,\s*/, $needed->{$name}) { version_of("prereqs, $name", $_) unless $_ eq '0' || s/^(?:[<>]=?|[!=]=)\s*// && $_ =~ $semantic }
        }
    }
}
for (@{ $meta->{tags} // [] }) { bad("tags: \"$_\"") if !length || length > 255 || m{[/\\[:cntrl:]]} }
exit $found;
