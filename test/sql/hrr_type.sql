-- Text form, binary form, typmod and storage of hrr
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- Text
SELECT literal, pg_temp.outcome(format('SELECT %L::hrr', literal)) FROM (VALUES
    ('[1,2,3]'), ('[1]'), ('  [ 1 ,  -2.5,3e0 ]  '), (E'[\t1,\n2]'), ('[-0,+1,.5,1.]'), ('[1e-50,-1e-50]'),
    ('[0.1,16777217,3.4028235e38,1e-45]'),
    -- 1 if it were rounded to double first
    ('[1.00000005960464477540]'),
    (''), (' '), ('1,2'), ('{1,2}'), ('['), ('[ '), ('[]'), ('[ ]'), ('[1'), ('[1,'), ('[1,2'), ('[1,]'), ('[,1]'), ('[1,,2]'),
    ('[1 2]'), ('[1;2]'), ('[a]'), ('[1,b]'), ('[1x]'), ('[1]]'), ('[1],'), ('[1] [2]'), ('[[1]]'), ('[--1]'),
    ('[NaN]'), ('[1,nan]'), ('[Infinity]'), ('[-inf]'), ('[1e39]'), ('[0,-3.5e38]'), ('[4e38,5e38]')) AS t (literal);

-- Text round trip, exactly
SELECT bool_and(hrr_random(n, n)::text::hrr = hrr_random(n, n)) FROM generate_series(1, 300) AS n;

-- The number of dimensions
SELECT hrr_dims('[1]'), hrr_dims('[1,2,3]'), hrr_dims(('[0' || repeat(',0', 15999) || ']')::hrr), hrr_dims(NULL);
SELECT pg_temp.outcome($$SELECT ('[0' || repeat(',0', 16000) || ']')::hrr$$);

-- Typmod
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$'[1,2,3]'::hrr(3)$$), ($$'[1,2]'::hrr(3)$$), ($$'[1,2]'::hrr::hrr(2)$$), ($$'[1,2]'::hrr::hrr(3)$$),
    ($$'[1,2]'::hrr(2)::hrr$$), ($$'[1]'::hrr(1)$$), ($$'[1]'::hrr(16000)$$), ($$'[1]'::hrr(0)$$), ($$'[1]'::hrr(-1)$$),
    ($$'[1]'::hrr(16001)$$), ($$'[1]'::hrr(1,2)$$), ($$'[1]'::hrr(x)$$)) AS t (value);
CREATE TABLE typed (id integer PRIMARY KEY, v hrr(3));
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'typed'::regclass AND attname = 'v';
INSERT INTO typed VALUES (1, '[1,2,3]'), (2, NULL), (3, '[4,5,6]'::hrr);
INSERT INTO typed VALUES (4, ARRAY[7,8,9]);
SELECT statement, pg_temp.outcome(statement) FROM (VALUES
    ($$INSERT INTO typed VALUES (5, '[1,2]')$$), ($$INSERT INTO typed VALUES (5, '[1,2]'::hrr)$$),
    ($$INSERT INTO typed VALUES (5, ARRAY[1,2])$$), ($$UPDATE typed SET v = '[1,2,3,4]'$$),
    ($$ALTER TABLE typed ALTER COLUMN v TYPE hrr(4)$$), ($$ALTER TABLE typed ALTER COLUMN v TYPE hrr$$),
    ($$INSERT INTO typed VALUES (5, '[1,2]')$$)) AS t (statement);
SELECT * FROM typed ORDER BY id;
DROP TABLE typed;

-- Storage: floats do not compress; short vectors get short headers, long ones leave the row
SELECT typstorage, typalign, typlen FROM pg_type WHERE typname = 'hrr';
CREATE TABLE stored (id integer PRIMARY KEY, v hrr);
INSERT INTO stored SELECT n, hrr_random(n, n) FROM unnest('{1,3,25,29,30,31,32,400,2000,16000}'::integer[]) AS n;
SELECT id, hrr_dims(v), pg_column_size(v), v = hrr_random(id, id) AS intact FROM stored ORDER BY id;
DROP TABLE stored;

-- COPY, as text, as csv and as binary
CREATE TABLE copied (id integer, v hrr(3));
COPY copied FROM stdin;
1	[1,2,3]
2	\N
3	[0.1,-0,3.4028235e+38]
\.
COPY copied FROM stdin WITH (FORMAT csv);
4,"[4,5,6]"
\.
COPY copied FROM stdin;
5	[1,2]
\.
COPY copied FROM stdin;
5	[1,2,NaN]
\.
COPY copied TO stdout;
COPY copied TO stdout WITH (FORMAT csv);
COPY copied TO PROGRAM 'cat > holomamba_hrr.bin' WITH (FORMAT binary);
CREATE TABLE returned (LIKE copied);
COPY returned FROM PROGRAM 'cat holomamba_hrr.bin' WITH (FORMAT binary);
SELECT count(*) FROM copied JOIN returned USING (id) WHERE copied.v IS NOT DISTINCT FROM returned.v;
SELECT hrr_send('[1,-2,0.5]');
DROP TABLE copied, returned;

-- What the binary form refuses. The binary form of a bytea is its bytes, so that any message can be made.
CREATE TABLE received (v hrr);
CREATE TABLE received_3 (v hrr(3));
CREATE FUNCTION pg_temp.receive(message bytea, into_table text DEFAULT 'received') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT %L::bytea) TO PROGRAM ''cat > holomamba_hrr.bin'' WITH (FORMAT binary)', message);
    RETURN pg_temp.outcome(format('COPY %I FROM PROGRAM ''cat holomamba_hrr.bin'' WITH (FORMAT binary)', into_table));
END $$;
SELECT what, pg_temp.receive(message) FROM (VALUES
    ('sound',            '\x000200003f800000c0000000'::bytea),
    ('no elements',      '\x00000000'),
    ('16001 dimensions', '\x3e810000'),
    ('65535 dimensions', '\xffff0000'),
    ('version 1',        '\x000201003f800000c0000000'),
    ('flags 255',        '\x000200ff3f800000c0000000'),
    ('nothing',          '\x'),
    ('half a header',    '\x0002'),
    ('header alone',     '\x00020000'),
    ('half an element',  '\x000200003f800000c000'),
    ('an element more',  '\x000200003f800000c000000000000000'),
    ('NaN',              '\x000200003f8000007fc00000'),
    ('infinity',         '\x00020000ff8000003f800000')) AS t (what, message);
SELECT pg_temp.receive(hrr_send('[1,2,3]'), 'received_3'), pg_temp.receive(hrr_send('[1,2]'), 'received_3');
SELECT * FROM received UNION ALL SELECT * FROM received_3;
DROP TABLE received, received_3;
COPY (SELECT) TO PROGRAM 'rm holomamba_hrr.bin && cat > /dev/null';

-- Stored bytes of another version, and bytes that no version writes. (The palindromes are for processors of either byte order.)
CREATE CAST (bytea AS hrr) WITHOUT FUNCTION;
SELECT what, pg_temp.outcome(format('SELECT %L::bytea::hrr', bytes)) FROM (VALUES
    ('version 1',     '\x0101010000000000'::bytea),
    ('flags 1',       '\x0101000100000000'),
    ('no header',     '\x'),
    ('no dimensions', '\x00000000'),
    ('too short',     '\x0202000000000000'),
    ('too long',      '\x010100000000000000000000')) AS t (what, bytes);
DROP CAST (bytea AS hrr);
