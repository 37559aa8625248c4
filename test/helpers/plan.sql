-- The plan of a query, in the words of all versions: 17 writes the value of a subquery in another way, and 18 says what is disabled.
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        CONTINUE WHEN line ~ '^ *Disabled: true$';
        RETURN NEXT replace(replace(line, ' (returns $0)', ''), '(InitPlan 1).col1', '$0');
    END LOOP;
END $$;
