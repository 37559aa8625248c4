# Random transactions on the tables of Live::World, in all ways that a row can come, change and go. A generator's seed
# decides on every one of them; what they meet is up to the other sessions.
package Live::Traffic;
use strict;
use warnings;

use Digest::MD5 'md5_hex';

# How values are written, from a number or an expression that gives one.
my %tables = (
    sales => { user => '(%s)::integer', item => '(%s)::integer', t => '(%s)::integer', conflict => '(id)' },
    visits => {
        user => q('v' || (%s)::integer), item => q(md5((%s)::text)::uuid),
        t => q((timestamptz '2026-01-01 00:00+00' + (%s)::integer * interval '1 minute')), conflict => '(id, t)',
    },
);

# A session's traffic: its own seed, a directory for the files that it copies from, and the number of sessions.
sub new
{
    my ($class, %arguments) = @_;
    return bless { clock => 0, gid => 0, %arguments, state => $arguments{seed} % 2**32 }, $class;
}

# A whole number from 0 to n - 1. (Numerical Recipes' generator: the low bits are poor, the high ones are used.)
sub random
{
    my ($self, $n) = @_;
    $self->{state} = ($self->{state} * 1664525 + 1013904223) % 2**32;
    return int($self->{state} / 2**32 * $n);
}

# One of [weight, value] pairs, or what it returns where it is a function.
sub choose
{
    my ($self, @pairs) = @_;
    my $sum = 0;
    $sum += $_->[0] foreach @pairs;
    my $place = $self->random($sum);
    foreach (@pairs)
    {
        return ref $_->[1] ? $_->[1]->() : $_->[1] if ($place -= $_->[0]) < 0;
    }
}

sub table { return $_[0]->choose([ 3, 'sales' ], [ 2, 'visits' ]); }

sub value
{
    my ($self, $table, $what, $expression) = @_;
    return sprintf $tables{$table}{$what}, $expression;
}

# Users whom many sessions want, some whom nobody has seen, and sometimes one whom the foreign key refuses.
sub user
{
    my ($self, $table) = @_;
    my $number = $self->choose([ 60, 1 + $self->random(8) ], [ 100, 1 + $self->random(40) ], [ 20, 41 + $self->random(20) ], [ 3, 'NULL' ], [ 1, 61 ]);
    return $self->value($table, 'user', $number);
}

# Items that the model knows, some that it does not, and none.
sub item
{
    my ($self, $table) = @_;
    return $self->value($table, 'item', $self->choose([ 100, 1 + $self->random(25) ], [ 10, 26 + $self->random(10) ], [ 3, 'NULL' ]));
}

# Mostly later than what was before, with ties among sessions and within one; now and then late, or not known.
sub t
{
    my ($self, $table) = @_;
    $self->{clock}++;
    my $now = 10 + int($self->{clock} / 3);
    return $self->value($table, 't',
        $self->choose([ 100, $now ], [ 12, $now - $self->random(8) ], [ 10, $self->random($now) ], [ 1, -$self->random(100) ], [ 1, 'NULL' ]));
}

sub row
{
    my ($self, $table) = @_;
    return sprintf '(%s, %s, %s)', $self->user($table), $self->item($table), $self->t($table);
}

sub rows
{
    my ($self, $table, $n) = @_;
    return join ', ', map { $self->row($table) } 1 .. $n;
}

# A condition on some events, of one user or of several; with the alias e.
sub some_events
{
    my ($self, $table) = @_;
    my $part = sprintf 'e.id %% %d = %d', map { $_, $self->random($_) } 3 + $self->random(5);
    return $self->choose(
        [ 5, sub { sprintf 'e.user_id = %s AND %s', $self->user($table), $part } ],
        [ 2, sub { sprintf 'e.user_id IN (%s, %s) AND %s', $self->user($table), $self->user($table), $part } ],
        [ 1, sub { sprintf 'e.id %% 97 = %d', $self->random(97) } ]);
}

sub copied_file
{
    my ($self, $table) = @_;
    # A transaction that is repeated reads its files again.
    my $file = sprintf '%s/%s.%d.txt', $self->{directory}, $self->{name}, ++$self->{files} % 100;
    open my $out, '>', $file or die "$file: $!";
    foreach (1 .. 1 + $self->random(40))
    {
        # The values as data, not as expressions: the tables' formats differ.
        my ($user, $item, $t) = (1 + $self->random(50), 1 + $self->random(30), 10 + int(++$self->{clock} / 4));
        print $out join("\t", $table eq 'sales' ? ($user, $item, $t)
            : ("v$user", md5_hex($item), sprintf('2026-01-%02d %02d:%02d:00+00', 1 + int($t / 1440) % 28, $t / 60 % 24, $t % 60))), "\n";
    }
    close $out;
    return $file;
}

sub insert
{
    my ($self) = @_;
    my $table = $self->table;
    my $columns = "INSERT INTO $table (user_id, item_id, t)";
    return $self->choose(
        [ 30, sub { "$columns VALUES " . $self->rows($table, 1) } ],
        [ 20, sub { "$columns VALUES " . $self->rows($table, 2 + $self->random(12)) } ],
        [ 5, sub { sprintf '%s SELECT %s, %s, %s FROM generate_series(1, %d) n', $columns, $self->user($table),
            $self->value($table, 'item', '1 + n * 7 % 25'), $self->value($table, 't', 10 + int($self->{clock} / 3) . ' + n / 2'), 1 + $self->random(30) } ],
        [ 3, sub { "$columns SELECT e.user_id, e.item_id, e.t FROM $table e WHERE " . $self->some_events($table) . ' LIMIT 20' } ],
        [ 6, sub { "\\copy $table (user_id, item_id, t) FROM '" . $self->copied_file($table) . "'" } ],
        [ 3, "$columns SELECT NULL, NULL, NULL WHERE false" ]);
}

sub insert_or
{
    my ($self) = @_;
    my $table = $self->table;
    # Rows that are there, chosen by their ids, and new ones; no row twice, which a command may not.
    my $source = sprintf '(SELECT e.id, e.user_id, %s, e.t FROM %s e WHERE %s ORDER BY e.id LIMIT 3)', $self->item($table), $table, $self->some_events($table);
    my $new = sprintf q((SELECT nextval('%s'), v.* FROM (VALUES %s) v)), $table eq 'sales' ? 'sales_id_seq' : 'visits_id', $self->rows($table, 2);
    my $insert = "INSERT INTO $table AS e (id, user_id, item_id, t) $source UNION ALL $new ON CONFLICT";
    return $self->choose(
        [ 1, "$insert DO NOTHING" ],
        [ 1, "$insert $tables{$table}{conflict} DO UPDATE SET item_id = excluded.item_id" . $self->choose([ 2, '' ], [ 1, ', user_id = ' . $self->user($table) ]) ]);
}

sub update
{
    my ($self) = @_;
    my $table = $self->table;
    my $set = $self->choose(
        [ 4, sub { 'item_id = ' . $self->item($table) } ],
        [ 3, sub { 'user_id = ' . $self->user($table) } ],
        [ 4, sub { 't = ' . $self->t($table) } ],
        [ 3, sub { sprintf q(note = 'note %d'), $self->random(3) } ],
        [ 1, 'item_id = item_id' ],
        [ 1, sub { sprintf 'user_id = %s, item_id = %s, t = %s', $self->user($table), $self->item($table), $self->t($table) } ]);
    return "UPDATE $table e SET $set WHERE " . $self->some_events($table);
}

sub delete
{
    my ($self) = @_;
    my $table = $self->table;
    return $self->choose(
        [ 6, "DELETE FROM $table e WHERE " . $self->some_events($table) ],
        [ 2, "DELETE FROM $table e WHERE e.user_id = " . $self->user($table) ],
        [ 1, 'DELETE FROM people WHERE person_id = ' . (1 + $self->random(60)) ],
        [ 2, sprintf('INSERT INTO people VALUES (%d) ON CONFLICT DO NOTHING', 1 + $self->random(60)) ]);
}

sub merge
{
    my ($self) = @_;
    my $table = $self->table;
    my $some = $self->some_events($table);
    return sprintf 'MERGE INTO %1$s e USING (SELECT DISTINCT e.id, %2$s AS item_id FROM %1$s e WHERE %3$s UNION ALL SELECT -1, %4$s) n ON e.id = n.id '
        . 'WHEN MATCHED AND e.id %% 3 = 0 THEN DELETE WHEN MATCHED AND e.id %% 3 = 1 THEN UPDATE SET item_id = n.item_id WHEN MATCHED THEN DO NOTHING '
        . 'WHEN NOT MATCHED THEN INSERT (user_id, item_id, t) VALUES (%5$s, n.item_id, %6$s)',
        $table, $self->item($table), $some, $self->item($table), $self->user($table), $self->t($table);
}

sub with_several
{
    my ($self) = @_;
    my $table = $self->table;
    return sprintf 'WITH gone AS (DELETE FROM %1$s e WHERE %2$s RETURNING *), moved AS (UPDATE %1$s e SET item_id = %3$s WHERE e.user_id = %4$s AND e.id %% 5 = 1 RETURNING e.id), '
        . 'more AS (INSERT INTO %1$s (user_id, item_id, t) VALUES %5$s RETURNING id) '
        . 'INSERT INTO %1$s (user_id, item_id, t) SELECT %6$s, item_id, t FROM gone UNION ALL VALUES %7$s',
        $table, $self->some_events($table), $self->item($table), $self->user($table), $self->rows($table, 2), $self->user($table), $self->rows($table, 1);
}

sub with_subtransaction
{
    my ($self) = @_;
    my ($before, $within, $after) = map { my $table = $self->table; "INSERT INTO $table (user_id, item_id, t) VALUES " . $self->rows($table, 1 + $self->random(3)) } 1 .. 3;
    # The ledger must hear nothing of what is undone: INFO is not sent for it.
    return "DO \$\$ BEGIN $before; BEGIN SET LOCAL live.silent = on; $within; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; $after; END \$\$";
}

sub items
{
    my ($self) = @_;
    my $item = sprintf 'md5(%d::text)::uuid', 1 + $self->random(36);
    return $self->choose(
        [ 2, "DELETE FROM goods WHERE item_id = $item" ],
        [ 3, sprintf(q(INSERT INTO goods VALUES (%s, 'genre %d', %d) ON CONFLICT DO NOTHING), $item, $self->random(5), $self->random(30)) ],
        [ 3, sprintf(q(UPDATE goods SET genre = 'genre %d', price = price + 1 WHERE item_id = %s), $self->random(5), $item) ]);
}

# Items that nobody has met yet, and events with them, before them, after them and meanwhile.
sub fresh_item
{
    my ($self) = @_;
    my $item = $self->value('visits', 'item', 1000 + int(++$self->{met} / 8) + $self->random(3));
    return sprintf q(INSERT INTO goods VALUES (%s, 'genre %d', %d) ON CONFLICT DO NOTHING), $item, $self->random(5), $self->random(30) if $self->random(3) == 0;
    return sprintf 'INSERT INTO visits (user_id, item_id, t) VALUES (%s, %s, %s)', $self->value('visits', 'user', 1 + $self->random(400)), $item, $self->t('visits');
}

sub fresh_items
{
    my ($self) = @_;
    return $self->fresh_item if $self->random(2);
    my $level = $self->choose([ 3, 'READ COMMITTED' ], [ 1, 'REPEATABLE READ' ]);
    return ("BEGIN ISOLATION LEVEL $level", (map { $self->fresh_item } 0 .. 1 + $self->random(3)), $self->choose([ 4, 'COMMIT' ], [ 1, 'ROLLBACK' ]));
}

sub statement
{
    my ($self) = @_;
    my $kind = $self->choose([ 50, 'insert' ], [ 8, 'insert_or' ], [ 14, 'update' ], [ 12, 'delete' ], [ 6, 'merge' ], [ 5, 'with_several' ], [ 4, 'with_subtransaction' ], [ 3, 'items' ]);
    return $self->$kind;
}

# Statements of one transaction, the last of which ends it.
sub transaction
{
    my ($self) = @_;
    my $level = $self->choose([ 6, 'READ COMMITTED' ], [ 3, 'REPEATABLE READ' ], [ 1, 'SERIALIZABLE' ]);
    return $self->statement if $self->random(100) < 45;
    return ('BEGIN', 'LOCK TABLE sales, visits', 'TRUNCATE ' . $self->table, $self->insert, $self->choose([ 1, 'COMMIT' ], [ 1, 'ROLLBACK' ])) if $self->random(400) == 0;
    my @statements = ("BEGIN ISOLATION LEVEL $level");
    foreach (0 .. $self->random(3))
    {
        push @statements, $self->statement;
        next if $self->random(4);
        push @statements, 'SAVEPOINT s', $self->statement, $self->choose([ 1, 'RELEASE s' ], [ 2, 'ROLLBACK TO s' ]), $self->statement;
    }
    my $gid = sprintf '%s_%d', $self->{name}, ++$self->{gid};
    return (@statements, $self->choose([ 10, 'COMMIT' ], [ 2, 'ROLLBACK' ], [ 3, "PREPARE TRANSACTION '$gid'" ]));
}

# What an administrator does meanwhile.
sub administration
{
    my ($self) = @_;
    my $model = $self->choose([ 1, 'sales' ], [ 1, 'ties' ], [ 1, 'visits' ]);
    my $table = $self->table;
    return $self->choose(
        [ 4, sprintf(q(SELECT holomamba.activate('%s', %d)), $model, 1 + $self->random(2)) ],
        [ 2, "SELECT holomamba.rebuild_state('$model')" ],
        [ 1, "VACUUM $table, holomamba.${model}_users" ],
        [ 1, 'ANALYZE' ],
        # Histories stay short, or the oracle would take longer than the traffic.
        [ 6, "DELETE FROM $table WHERE id < (SELECT max(id) - 2500 FROM $table)" ]);
}

1;
