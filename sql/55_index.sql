-- The access method holomamba: exact maximum inner product search, ORDER BY column <#> query

CREATE FUNCTION holomamba.index_handler(internal) RETURNS index_am_handler
    AS 'MODULE_PATHNAME', 'holomamba_index_handler' LANGUAGE C;
COMMENT ON FUNCTION holomamba.index_handler(internal) IS 'internal: the access method holomamba';

CREATE ACCESS METHOD holomamba TYPE INDEX HANDLER holomamba.index_handler;
COMMENT ON ACCESS METHOD holomamba IS 'exact maximum inner product of hrr: CREATE INDEX ON ... USING holomamba (target) serves ORDER BY target <#> query';

CREATE OPERATOR CLASS @extschema@.hrr_inner_product_ops DEFAULT FOR TYPE @extschema@.hrr USING holomamba AS
    OPERATOR 1 @extschema@.<#> (@extschema@.hrr, @extschema@.hrr) FOR ORDER BY pg_catalog.float_ops;
COMMENT ON OPERATOR CLASS @extschema@.hrr_inner_product_ops USING holomamba IS 'order by negative inner product';

CREATE FUNCTION holomamba.check_index(index regclass, OUT extent integer, OUT problem text) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'holomamba_check_index' LANGUAGE C STRICT ROWS 10;
COMMENT ON FUNCTION holomamba.check_index(regclass) IS
    'what is wrong with an index of access method holomamba: its pages, and its entries against the rows of the table; no row where it is as it should be';
