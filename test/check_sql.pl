#!/usr/bin/env perl
# What the install scripts must not say, a rule at a time: prints what offends, as file:line and words.
#
#   test/check_sql.pl RULE FILE ...
#
#   definer      functions that run with their owner's rights under a path that their caller chooses
#   loose        functions whose words are looked up in their caller's search_path
#   replace      what takes over, or takes for its own, an object that somebody else made
#   unqualified  names of ours that a search_path could lead elsewhere; in the literals of C++ files, too
#   backslash    strings that mean something else where standard_conforming_strings is off
#   volatility   functions that write, and are said not to; that are said to be the same everywhere, and read
#   words        no rule: the names that pinned functions look for in schema pg_catalog, as file:line, kind and name
use strict;
use warnings;

my ($rule, @files) = @ARGV;
my %rules = (definer => \&definer, loose => \&loose, replace => \&replace, unqualified => \&unqualified, backslash => \&backslash, volatility => \&volatility, words => \&words);
$rules{ $rule // '' } && @files or die "usage: $0 RULE FILE ...\n";

# A script as tokens [kind, text, line]: word, quoted (an identifier), string, body (in
# dollars), hole (to be filled by format() or a template), number, sign.
sub tokens
{
    my ($text, $line) = @_;
    my @tokens;
    pos($text) = 0;
    while (pos($text) < length $text)
    {
        my $start = pos $text;
        my $kind
            = $text =~ /\G\s+/gc ? ''
            : $text =~ /\G--[^\n]*/gc ? ''
            : $text =~ m{\G/\*.*?\*/}gcs ? ''
            : $text =~ /\G\\[^\n]*/gc ? ''
            : $text =~ /\G(\$\w*\$).*?\1/gcs ? 'body'
            : $text =~ /\G[eE]?'(?:[^']|'')*'/gc ? 'string'
            : $text =~ /\G"(?:[^"]|"")*"/gc ? 'quoted'
            : $text =~ /\G(?:%(?:\d+\$)?[sIL]\b|\{\w+\})/gc ? 'hole'
            : $text =~ /\G\@extschema\@/gc ? 'word'
            : $text =~ /\G[a-zA-Z_]\w*/gc ? 'word'
            : $text =~ /\G\d[\w.]*/gc ? 'number'
            : $text =~ /\G(?:::|:=|=>|\.\.|[-+*\/<>=~!\@#%^&|`?]+)/gc ? 'sign'
            : $text =~ /\G./gcs ? 'sign' : die;
        my $token = substr $text, $start, pos($text) - $start;
        push @tokens, [ $kind, $token, $line ] if $kind;
        $line += $token =~ tr/\n//;
    }
    return @tokens;
}

# The text inside a body or string, and the line where it begins.
sub inside
{
    my ($token) = @_;
    my ($kind, $text, $line) = @$token;
    return ($text =~ /^(\$\w*\$)(.*)\1$/s ? $2 : die, $line) if $kind eq 'body';
    $text =~ s/^[eE]?'(.*)'$/$1/s;
    $text =~ s/''/'/g;
    return ($text, $line);
}

# The statements of a script, in which the standard's function bodies have semicolons of their own; of a C++ file, its literals.
sub statements
{
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    my $text = join '', <$in>;
    return literals($file, $text) if $file =~ /\.cpp$/;
    my (@statements, @current);
    my ($depth, $atomic) = (0, 0);
    foreach my $token (tokens($text, 1))
    {
        my $word = $token->[0] eq 'word' ? uc $token->[1] : '';
        $atomic = 1 if $word eq 'ATOMIC';
        $depth++ if $atomic && $word =~ /^(ATOMIC|CASE)$/;
        $depth-- if $atomic && $word eq 'END';
        $atomic = 0 if $depth == 0;
        if ($token->[1] eq ';' && !$atomic)
        {
            push @statements, { file => $file, tokens => [@current] };
            @current = ();
            next;
        }
        push @current, $token;
    }
    return @statements;
}

# Literals that follow each other are one; each is looked at as what a statement executes.
sub literals
{
    my ($file, $text) = @_;
    my @statements;
    while ($text =~ /((?:R"\((?:.*?)\)"|"(?:[^"\\\n]|\\.)*")(?:\s*"(?:[^"\\\n]|\\.)*")*)/gs)
    {
        my ($literal, $line) = ($1, 1 + (substr($text, 0, $-[1]) =~ tr/\n//));
        $literal =~ s/^R"\((.*)\)"$/$1/s or $literal =~ s/"(\s*)"|^"|"$/$1 \/\/ ''/ge;
        $literal =~ s/\\n/ /g;
        push @statements, { file => $file, tokens => [ [ 'word', 'EXECUTE', $line ], [ 'string', "'" . $literal =~ s/'/''/gr . "'", $line ] ] };
    }
    return @statements;
}

# A statement's words outside of strings and bodies, in capitals, with one blank between.
sub outside
{
    return join ' ', map { $_->[0] =~ /^(string|body)$/ ? "'" : uc $_->[1] } @{ $_[0]{tokens} };
}

# Where a statement creates a function: what it is, as a hash.
sub routine
{
    my ($statement) = @_;
    my @tokens = @{ $statement->{tokens} };
    my $words = outside($statement);
    $words =~ /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) / or return;
    my ($at) = grep { uc $tokens[$_][1] =~ /^(FUNCTION|PROCEDURE)$/ } 0 .. $#tokens;
    my $name = join '', map { $_->[1] } @tokens[ $at + 1 .. $at + 3 ];
    my ($language) = $words =~ / LANGUAGE (\w+)/;
    my ($body) = grep { $_->[0] =~ /^(body|string)$/ } reverse @tokens;
    my $standard = $words =~ / BEGIN ATOMIC | RETURN (?!S)/;
    return {
        %$statement, name => $name, words => $words, language => $language // 'SQL', standard => $standard, body => $standard ? undef : $body,
        line => $tokens[0][2], pinned => scalar($words =~ / SET SEARCH_PATH (?:=|TO) PG_CATALOG , PG_TEMP(?: |$)/),
        definer => scalar($words =~ / SECURITY DEFINER/), returns => $words =~ / RETURNS (\S+)/ ? $1 : '',
        volatility => $words =~ / (IMMUTABLE|STABLE)(?: |$)/ ? $1 : 'VOLATILE', parallel => $words =~ / PARALLEL (\w+)/ ? $1 : 'UNSAFE',
    };
}

sub offends
{
    my ($thing, $line, @what) = @_;
    print "$thing->{file}:$line: @what\n";
}

sub definer
{
    foreach my $f (grep { $_ } map { routine($_) } @_)
    {
        offends($f, $f->{line}, "$f->{name} is SECURITY DEFINER without SET search_path = pg_catalog, pg_temp") if $f->{definer} && !$f->{pinned};
    }
}

sub loose
{
    foreach my $f (grep { $_ } map { routine($_) } @_)
    {
        offends($f, $f->{line}, "$f->{name} has neither SET search_path = pg_catalog, pg_temp nor a body in standard SQL")
            if $f->{language} ne 'C' && !$f->{standard} && !$f->{pinned};
    }
}

# In a function's body such a command makes what the function was called for; in a script it would take what it finds, and
# whoever made that before goes on owning it.
sub replace
{
    foreach my $statement (@_)
    {
        my @parts = ($statement);
        push @parts, map { { tokens => [ tokens(inside($_)) ] } } grep { $_->[0] eq 'body' } @{ $statement->{tokens} } if outside($statement) =~ /^DO /;
        while (my $part = shift @parts)
        {
            my @tokens = @{ $part->{tokens} };
            foreach my $n (0 .. $#tokens)
            {
                my $words = join ' ', map { uc $_->[1] } grep { $_ } @tokens[ $n .. $n + 3 ];
                offends($statement, $tokens[$n][2], $1) if $words =~ /^(CREATE OR REPLACE|IF NOT EXISTS)\b(?! \()/;
                push @parts, { tokens => [ tokens(inside($tokens[$n])) ] } if $part != $statement && $tokens[$n][0] =~ /^(string|body)$/;
            }
        }
    }
}

# Names of objects that the scripts create, by kind.
sub ours
{
    my %ours;
    foreach my $statement (@_)
    {
        my $words = join ' ', map { $_->[1] } @{ $statement->{tokens} };
        # What a DO block makes it makes of words, which only it knows.
        $ours{function}{$2} = 1 if $words =~ /^CREATE (FUNCTION|PROCEDURE|AGGREGATE) \S+ \. (\w+)/;
        $ours{relation}{$2} = 1 if $words =~ /^CREATE (?:UNLOGGED )?(TABLE|VIEW|SEQUENCE) \S+ \. (\w+)/;
        $ours{operator}{$1} = 1 if $words =~ /^CREATE OPERATOR \S+ \. (<#>|<=>)/;
        $ours{type}{$2} = 1 if $words =~ /^CREATE (TYPE|DOMAIN) \S+ \. (\w+)/;
    }
    $ours{function}{$_} = 1 foreach qw(recommend recommend_next recommend_basket recommend_batch similar_items recommend_users similar_users
        explain_recommendation explain_events);
    # These the server has, too, for types of its own.
    delete @{ $ours{function} }{qw(sum avg)};
    return %ours;
}

# Calls a function with the tokens of a statement and the number of each of them, also with those of the statements that lie
# in bodies and strings. Messages and comments are for people.
sub each_token
{
    my ($statement, $visit, $tokens) = @_;
    $tokens //= $statement->{tokens};
    foreach my $n (0 .. $#$tokens)
    {
        $visit->($tokens, $n);
        next if !is_code($tokens, $n);
        my ($text, $line) = inside($tokens->[$n]);
        each_token($statement, $visit, [ tokens($text, $line) ]);
    }
}

sub is_code
{
    my ($tokens, $n) = @_;
    return 1 if $tokens->[$n][0] eq 'body';
    my $before = join ' ', map { $_->[1] } @$tokens[ ($n > 4 ? $n - 4 : 0) .. $n - 1 ];
    return $tokens->[$n][0] eq 'string' && $before !~ /(?:^|\b(?:MESSAGE|DETAIL|HINT) =(?: \( SELECT| CASE .*)?(?: coalesce| format)?(?: \()?)$/
        && !($before =~ /\bIS$/ && $tokens->[0][1] eq 'COMMENT') && $tokens->[$n][1] =~ /\b(?:SELECT|FROM|JOIN|WHERE|INSERT|UPDATE|DELETE|LATERAL|CREATE|ALTER|DROP|LOCK)\b/;
}

# The relation, function, operator or type that is named without a schema at a place: its kind and name.
sub bare_name
{
    my ($tokens, $n) = @_;
    my ($kind, $name) = @{ $tokens->[$n] };
    my ($last, $before, $after) = map { $_ >= 0 && $_ <= $#$tokens ? $tokens->[$_][1] : '' } $n - 2, $n - 1, $n + 1;
    return if $before eq '.' || $after eq '.';
    return ('operator', $name) if $kind eq 'sign' && $name =~ /^[^:;,.()\[\]]/ && $name !~ /^(=>|:=)$/;
    return if $kind ne 'word';
    return ('relation', $name)
        if $before =~ /^(FROM|JOIN|UPDATE|TABLE|ONLY)$/ && $after ne '(' && $last !~ /^(DISTINCT|IS)$/ && $name !~ /^(IF|OF|ONLY|OR|SET)$/ || $before eq 'INTO' && $last =~ /^(INSERT|MERGE)$/;
    return ('relation', $name) if $before eq ',' && $after !~ /^[(.]$/ && in_from($tokens, $n - 1);
    return ('type', $name) if $before eq '::' || $before eq 'RETURNS';
    # An alias may have a list of columns behind it.
    return ('function', $name) if $after eq '(' && $before !~ /^(AS|FUNCTION|PROCEDURE|AGGREGATE|ORDINALITY|\)|[a-z_]\w*)$/ && $tokens->[ $n - 1 ][0] ne 'hole' && $name !~ /^(ELSIF|holomamba)$/;
    return;
}

# Whether a comma is one of a list after FROM.
sub in_from
{
    my ($tokens, $n) = @_;
    my $depth = 0;
    while (--$n >= 0)
    {
        my $token = $tokens->[$n][1];
        $depth++ if $token =~ /^[])]$/;
        $depth-- if $token =~ /^[[(]$/;
        return 0 if $depth < 0;
        return $token eq 'FROM' if !$depth && $token =~ /^(SELECT|FROM|WHERE|BY|HAVING|VALUES|SET|INTO|RETURNING|ON|USING|RETURN|PERFORM|BEGIN|;|THEN|WITH|ROW)$/;
    }
    return 0;
}

sub unqualified
{
    my %ours = ours(@_);
    foreach my $statement (grep { $_->{tokens}[0][1] ne 'COMMENT' } @_)
    {
        each_token($statement, sub {
            my ($kind, $name) = bare_name(@_) or return;
            my ($tokens, $n) = @_;
            offends($statement, $tokens->[$n][2], "$kind $name without its schema") if $ours{$kind}{$name};
        });
    }
}

# The session that runs a function may have any settings, and what dollars quote is parsed under them.
sub backslash
{
    foreach my $statement (@_)
    {
        each_token($statement, sub {
            my ($tokens, $n) = @_;
            my ($kind, $text, $line) = @{ $tokens->[$n] };
            # A literal of C++ has backslashes of its own.
            return if $kind ne 'string' || $text !~ /^'.*\\/s || $statement->{file} =~ /\.cpp$/ && $tokens == $statement->{tokens};
            offends($statement, $line, "a backslash in the plain string $text");
        });
    }
}

# Every bare name in what runs under a pinned path: only schema pg_catalog may have it, which the server knows.
sub words
{
    foreach my $f (grep { $_ && $_->{pinned} && $_->{body} } map { routine($_) } @_)
    {
        my %local;
        my @found;
        each_token($f, sub {
            my ($tokens, $n) = @_;
            # WITH name AS (, and the rows that came, changed and went
            $local{ $tokens->[$n][1] } = 1 if $n < $#$tokens && $n && ($tokens->[ $n - 1 ][1] . ' ' . $tokens->[ $n + 1 ][1]) =~ /^(WITH (AS|\()|RECURSIVE (AS|\()|, AS)$/;
            $local{ $tokens->[$n][1] } = 1 if $n > 1 && $tokens->[ $n - 1 ][1] eq 'AS' && $tokens->[ $n - 2 ][1] eq 'TABLE';
            my ($kind, $name) = bare_name($tokens, $n) or return;
            push @found, [ $kind, $name, $tokens->[$n][2] ] if $kind ne 'operator';
        }, [ $f->{body} ]);
        offends($f, $_->[2], "$_->[0] $_->[1]") foreach grep { $_->[0] eq 'type' || !$local{ $_->[1] } && $_->[1] !~ /^(new|old)_/ } @found;
    }
}

my $writes = qr/\b(?:INSERT INTO|UPDATE (?:ONLY )?\S+(?: \. \S+)?(?: \w+)? SET|DELETE FROM|MERGE INTO|LOCK TABLE|TRUNCATE|CREATE (?:TABLE|INDEX|TRIGGER|FUNCTION|OR)|ALTER (?:TABLE|FUNCTION)|DROP (?:TABLE|TRIGGER|INDEX)|FOR (?:NO KEY )?UPDATE|FOR (?:KEY )?SHARE|(?:nextval|setval|set_config|random|clock_timestamp|pg_advisory\w*) \()/;

sub volatility
{
    foreach my $f (grep { $_ } map { routine($_) } @_)
    {
        my $what = "$f->{name} is $f->{volatility} and PARALLEL $f->{parallel}";
        offends($f, $f->{line}, $what) if $f->{volatility} eq 'VOLATILE' && $f->{parallel} eq 'SAFE';
        next if !$f->{body} || $f->{language} eq 'C' || $f->{volatility} eq 'VOLATILE';
        my @texts = ([ $f->{body} ]);
        while (my $tokens = shift @texts)
        {
            foreach my $n (grep { is_code($tokens, $_) } 0 .. $#$tokens)
            {
                my @inner = tokens(inside($tokens->[$n]));
                my $words = join ' ', map { $_->[0] =~ /^(string|body)$/ ? "'" : $_->[1] } @inner;
                offends($f, $tokens->[$n][2], "$what: $1") while $words =~ /($writes)/g;
                # What is only written down, for others to execute, is no matter.
                push @texts, \@inner if $words =~ /\bEXECUTE\b/;
            }
        }
    }
}

$rules{$rule}->(map { statements($_) } @files);
