-- What bench/vectors.sh measures in SQL; rows, rounds, transform (nanoseconds) and pgvector are its variables.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS holomamba;
CREATE TABLE pairs (a hrr(128), b hrr(128));
INSERT INTO pairs SELECT hrr_random(128, i), hrr_random(128, -i) FROM generate_series(1, greatest(:rows / 5, 1)) AS i;
-- Unitary, for the product of a million others is too small for floats.
CREATE TABLE vectors AS SELECT hrr_unitary(128, i)::hrr(128) AS v FROM generate_series(1, :rows) AS i;
CREATE TABLE spectra AS SELECT a::fhrr(128) AS a, b::fhrr(128) AS b FROM pairs;
-- In the rows themselves, not in TOAST, where there is room for one of them.
CREATE TABLE long (a hrr(1024));
CREATE TABLE long_spectra (a fhrr(1024));
ALTER TABLE long ALTER a SET STORAGE plain;
ALTER TABLE long_spectra ALTER a SET STORAGE plain;
INSERT INTO long SELECT hrr_random(1024, i) FROM generate_series(1, greatest(:rows / 50, 1)) AS i;
INSERT INTO long_spectra SELECT a::fhrr FROM long;
CREATE TABLE one AS SELECT 7 AS seed, hrr_random(16, 1) AS a16, hrr_random(16, 2) AS b16, hrr_random(128, 1) AS a128, hrr_random(128, 2) AS b128,
    fhrr_random(128, 1) AS f128, hrr_random(1024, 1) AS a1024, hrr_random(1024, 2) AS b1024;
\if :pgvector
CREATE EXTENSION vector;
CREATE TABLE theirs AS SELECT a::real[]::vector(128) AS a, b::real[]::vector(128) AS b FROM pairs;
\endif
VACUUM ANALYZE;

-- part 1: aggregates over all rows; 2: operators a row; theirs is pgvector's.
CREATE TABLE queries (part integer, id integer GENERATED ALWAYS AS IDENTITY, what text, query text, theirs text);
INSERT INTO queries (part, what, query) VALUES
    (1, 'max(hrr_dims(v))', 'SELECT max(hrr_dims(v)) FROM vectors'),
    (1, 'bundle(v)', 'SELECT bundle(v) FROM vectors'),
    (1, 'bind(v)', 'SELECT bind(v) FROM vectors');
INSERT INTO queries (part, what, query, theirs) VALUES
    (2, 'reading (count(a))', 'SELECT count(a) FROM pairs', 'SELECT count(a) FROM theirs'),
    (2, 'a + b', 'SELECT count(a + b) FROM pairs', 'SELECT count(a + b) FROM theirs'),
    (2, 'a - b', 'SELECT count(a - b) FROM pairs', 'SELECT count(a - b) FROM theirs'),
    (2, 'a <-> b', 'SELECT count(a <-> b) FROM pairs', 'SELECT count(a <-> b) FROM theirs'),
    (2, 'a <#> b', 'SELECT count(a <#> b) FROM pairs', 'SELECT count(a <#> b) FROM theirs'),
    (2, 'a <=> b', 'SELECT count(a <=> b) FROM pairs', 'SELECT count(a <=> b) FROM theirs'),
    (2, 'a = b', 'SELECT count(a = b) FROM pairs', 'SELECT count(a = b) FROM theirs'),
    (2, 'l2_norm(a)', 'SELECT count(l2_norm(a)) FROM pairs', 'SELECT count(vector_norm(a)) FROM theirs'),
    (2, 'l2_normalize(a)', 'SELECT count(l2_normalize(a)) FROM pairs', 'SELECT count(l2_normalize(a)) FROM theirs'),
    (2, 'sum(a)', 'SELECT sum(a) FROM pairs', 'SELECT sum(a) FROM theirs'),
    (2, 'avg(a)', 'SELECT avg(a) FROM pairs', 'SELECT avg(a) FROM theirs'),
    (2, 'a::text', 'SELECT count(a::text) FROM pairs', 'SELECT count(a::text) FROM theirs'),
    (2, 'a::text, and back', 'SELECT count(a::text::hrr) FROM pairs', 'SELECT count(a::text::vector) FROM theirs'),
    (2, '-a', 'SELECT count(-a) FROM pairs', NULL),
    (2, '2.5 * a', 'SELECT count(2.5 * a) FROM pairs', NULL),
    (2, '~a', 'SELECT count(~a) FROM pairs', NULL),
    (2, 'a * b', 'SELECT count(a * b) FROM pairs', NULL),
    (2, 'a / b', 'SELECT count(a / b) FROM pairs', NULL),
    (2, 'permute(a, 1)', 'SELECT count(permute(a, 1)) FROM pairs', NULL),
    (2, 'hrr_shuffle(a)', 'SELECT count(hrr_shuffle(a)) FROM pairs', NULL),
    (2, 'unitary(a)', 'SELECT count(unitary(a)) FROM pairs', NULL),
    (2, 'exact_inverse(a)', 'SELECT count(exact_inverse(a)) FROM pairs', NULL),
    (2, 'bind_power(a, 3)', 'SELECT count(bind_power(a, 3)) FROM pairs', NULL),
    (2, 'a::fhrr', 'SELECT count(a::fhrr) FROM pairs', NULL),
    (2, 'a::hrr, of fhrr', 'SELECT count(a::hrr) FROM spectra', NULL),
    (2, 'a * b, of fhrr', 'SELECT count(a * b) FROM spectra', NULL),
    (2, 'a <#> b, of fhrr', 'SELECT count(a <#> b) FROM spectra', NULL),
    (2, 'hrr_record(a, b)', 'SELECT hrr_record(a, b) FROM pairs', NULL),
    (2, 'bundle(a * b)', 'SELECT bundle(a * b) FROM pairs', NULL),
    (2, 'hrr_record(a, b), of fhrr', 'SELECT hrr_record(a, b) FROM spectra', NULL),
    (2, 'hrr_sequence(a)', 'SELECT hrr_sequence(a) FROM pairs', NULL),
    (2, 'hrr_ngrams(a, 2)', 'SELECT hrr_ngrams(a, 2) FROM pairs', NULL),
    (3, 'reading (count(a)), n = 1024', 'SELECT count(a) FROM long', NULL),
    (3, 'a * a, n = 1024', 'SELECT count(a * a) FROM long', NULL),
    (3, 'a * a, of fhrr, n = 1024', 'SELECT count(a * a) FROM long_spectra', NULL);
\if :pgvector
\else
UPDATE queries SET theirs = NULL;
\endif

CREATE TABLE times (id integer, theirs boolean, round integer, ms double precision);
CREATE PROCEDURE measure(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    q record;
    began timestamptz;
BEGIN
    -- Round 0 fills the buffers.
    FOR round IN 0 .. rounds LOOP
        FOR q IN SELECT id, x.theirs, sql FROM queries, LATERAL (VALUES (false, query), (true, queries.theirs)) AS x (theirs, sql)
                 WHERE sql IS NOT NULL ORDER BY id, x.theirs LOOP
            began := clock_timestamp();
            EXECUTE q.sql;
            INSERT INTO times VALUES (q.id, q.theirs, round, 1e3 * extract(epoch FROM clock_timestamp() - began));
        END LOOP;
    END LOOP;
END $$;
CALL measure(:rounds);

CREATE VIEW medians AS
SELECT id, theirs, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms FROM times WHERE round > 0 GROUP BY id, theirs;

\pset tuples_only on
\pset format unaligned
\echo
\echo '| aggregate over all rows of hrr(128) | ms | times max(hrr_dims(v)) | bar, ms |'
\echo '| --- | --- | --- | --- |'
SELECT format('| `%s` | %s | %s | %s |', what, round(ms::numeric, 1), round((ms / base)::numeric, 2),
              round(CASE what WHEN 'bundle(v)' THEN 1.5 * base WHEN 'bind(v)' THEN 1.5 * base + 1.5 * :transform * :rows / 1e6 END::numeric, 1))
FROM medians JOIN queries USING (id), (SELECT ms FROM medians WHERE id = 1) AS base (base) WHERE part = 1 ORDER BY id;
\echo
\echo '| operation, n = 128 where nothing else is said | ns a row, reading included | pgvector |'
\echo '| --- | --- | --- |'
SELECT format('| `%s` | %s | %s |', what, round((1e6 * m.ms / n)::numeric), round((1e6 * t.ms / n)::numeric))
FROM medians m JOIN queries q USING (id) LEFT JOIN medians t ON t.id = m.id AND t.theirs,
     LATERAL (SELECT greatest(:rows / CASE part WHEN 2 THEN 5 ELSE 50 END, 1) AS n) AS size
WHERE part > 1 AND NOT m.theirs ORDER BY m.id;
