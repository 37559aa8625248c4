-- The access method holomamba: exact maximum inner product search, ORDER BY column <#> query

CREATE FUNCTION holomamba_internal.index_handler(internal) RETURNS index_am_handler
    AS 'MODULE_PATHNAME', 'holomamba_index_handler' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.index_handler(internal) IS 'internal: the access method holomamba';

CREATE ACCESS METHOD holomamba TYPE INDEX HANDLER holomamba_internal.index_handler;
COMMENT ON ACCESS METHOD holomamba IS 'exact maximum inner product of hrr: CREATE INDEX ON ... USING holomamba (target) serves ORDER BY target <#> query';

CREATE OPERATOR CLASS @extschema@.hrr_inner_product_ops DEFAULT FOR TYPE @extschema@.hrr USING holomamba AS
    OPERATOR 1 @extschema@.<#> (@extschema@.hrr, @extschema@.hrr) FOR ORDER BY pg_catalog.float_ops;
COMMENT ON OPERATOR CLASS @extschema@.hrr_inner_product_ops USING holomamba IS 'order by negative inner product';

-- Keys: a second column, for WHERE id <@ array beside the order.
CREATE OPERATOR holomamba.<@ (LEFTARG = anyelement, RIGHTARG = anyarray, FUNCTION = holomamba_internal.is_among, RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR holomamba.<@ (anyelement, anyarray) IS 'whether an id is in an array: = ANY, with a hash table, and an index on keys';

CREATE OPERATOR CLASS holomamba.bigint_key_ops DEFAULT FOR TYPE bigint USING holomamba AS
    OPERATOR 2 holomamba.<@ (anyelement, anyarray), FUNCTION 1 hashint8(bigint);
COMMENT ON OPERATOR CLASS holomamba.bigint_key_ops USING holomamba IS 'keys of an index, looked for in an array';
CREATE OPERATOR CLASS holomamba.uuid_key_ops DEFAULT FOR TYPE uuid USING holomamba AS
    OPERATOR 2 holomamba.<@ (anyelement, anyarray), FUNCTION 1 uuid_hash(uuid);
COMMENT ON OPERATOR CLASS holomamba.uuid_key_ops USING holomamba IS 'keys of an index, looked for in an array';
CREATE OPERATOR CLASS holomamba.text_key_ops DEFAULT FOR TYPE text USING holomamba AS
    OPERATOR 2 holomamba.<@ (anyelement, anyarray), FUNCTION 1 hashtext(text);
COMMENT ON OPERATOR CLASS holomamba.text_key_ops USING holomamba IS 'keys of an index, looked for in an array';

CREATE FUNCTION holomamba.check_index(index regclass, OUT extent integer, OUT problem text) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'holomamba_check_index' LANGUAGE C STRICT ROWS 10;
COMMENT ON FUNCTION holomamba.check_index(regclass) IS
    'what is wrong with an index of access method holomamba: its pages, and its entries against the rows of the table; no row where it is as it should be';

CREATE FUNCTION holomamba.refit_index(index regclass) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_refit_index' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba.refit_index(regclass) IS
    'builds an index of access method holomamba anew where it lies, for vectors that have little in common with those it was built for: writers of the table wait, readers do not';

-- The items of another version have directions of their own. Where somebody holds a lock, the index serves as it is, only slower.
CREATE FUNCTION holomamba_internal.refit_target_index(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms'
AS $$
DECLARE
    index regclass;
BEGIN
    FOR index IN
        SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
        WHERE i.indrelid = format('holomamba.%I', m.model || '_items')::regclass AND i.indisvalid AND a.amname = 'holomamba'
    LOOP
        PERFORM holomamba.refit_index(index);
    END LOOP;
EXCEPTION WHEN lock_not_available OR object_in_use THEN
    RAISE NOTICE USING
        MESSAGE = format('index %s is not refitted, because %s', index,
                         CASE SQLSTATE WHEN '55006' THEN 'a statement of this session is writing to it' ELSE 'somebody is writing to its table' END),
        HINT = format('SELECT holomamba.refit_index(%L);', index);
END
$$;
COMMENT ON FUNCTION holomamba_internal.refit_target_index(holomamba.model_catalogue) IS 'internal: refits the index of a model''s targets, if there is one and nobody else writes';
