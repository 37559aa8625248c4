-- The statements that the triggers run: what the SQL function has and what the module runs are compared when they are loaded
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE statements_events (u integer, i integer, t integer);
CREATE INDEX ON statements_events (u);
INSERT INTO statements_events SELECT u, 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('statements', 'statements_events', 'u', 'i', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('statements');
INSERT INTO statements_events VALUES (1, 1, 7);
SELECT takes, count(*), count(statement) AS texts FROM holomamba_internal.event_statements('statements') GROUP BY takes ORDER BY takes;

-- Another function in its place
CREATE FUNCTION pg_temp.outcome(condition text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'CREATE FUNCTION holomamba_internal.event_statements(model name) RETURNS TABLE (name text, takes text, statement text) LANGUAGE sql STABLE AS '
            || quote_literal('SELECT s.name, s.takes, s.statement FROM holomamba_internal.true_statements(model) s ' || condition);
    -- so that the session asks again
    ALTER TABLE statements_events ALTER t SET STATISTICS 10;
    INSERT INTO statements_events VALUES (1, 1, 100);
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM);
END $$;
ALTER FUNCTION holomamba_internal.event_statements(name) RENAME TO true_statements;
SELECT pg_temp.outcome($$WHERE s.name <> 'tied'$$);
SELECT pg_temp.outcome($$UNION ALL SELECT 'thanked', 'nothing', 'SELECT'$$);
SELECT pg_temp.outcome($$WHERE s.name <> 'tied' UNION ALL SELECT 'tied', 'many', 'SELECT'$$);
SELECT pg_temp.outcome($$WHERE s.name <> 'tied' UNION ALL SELECT 'tied', NULL, 'SELECT'$$);
ALTER FUNCTION holomamba_internal.true_statements(name) RENAME TO event_statements;
INSERT INTO statements_events VALUES (1, 1, 8);
SELECT * FROM holomamba.check_state('statements');

-- Templates
SELECT template, holomamba_internal.fill_template(template, ARRAY[['a', 'one'], ['quoted', '"{a}<<#>>"'], ['none', NULL]], repeats) FROM (VALUES
    ('SELECT {a}, {quoted}', 0), ('{a}{a} {} {a b} {"a": "{}"} {', 0), ('(<<x.c_#>>) < ($1, <<$#>>) << 2 <#> 3 <=> 4', 3), ('<<x_#>>|', 1), ('<<x_#>>|', 0),
    ('<<{a}#>>', 2), ('<<>>', 2), ('<<', 2), ('{none}', 1), ('', 1)) v (template, repeats);
SELECT holomamba_internal.fill_template('{b}', ARRAY[['a', 'one']], 1);
SELECT holomamba_internal.fill_template('{b}', '{a}', 1);
SELECT holomamba_internal.fill_template('{b}', ARRAY[[NULL, 'one']], 1);

SELECT holomamba.drop_model('statements');
DROP TABLE statements_events;
