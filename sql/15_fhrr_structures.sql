-- The same for fhrr: makers have a name of their own, the rest is overloaded

CREATE FUNCTION @extschema@.fhrr_symbol(dims integer, name text) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_symbol' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_symbol(integer, text) IS 'random vector that stands for a name: fhrr_random() with the name as its seed';

CREATE FUNCTION @extschema@.fhrr_role(dims integer, name text) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_role' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_role(integer, text) IS 'unitary vector that stands for the name of a key or role: fhrr_unitary() with the name as its seed';

CREATE FUNCTION @extschema@.fhrr_position(dims integer, "position" integer) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_position' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_position(integer, integer) IS 'role of a place in a sequence; the roles of i and j bound together are that of i + j';

CREATE FUNCTION @extschema@.fhrr_encode_number(dims integer, value double precision, bandwidth double precision DEFAULT 1,
                                              seed bigint DEFAULT 0) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_encode_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_encode_number(integer, double precision, double precision, bigint) IS
    'vector of a number: fhrr_unitary(dims, seed) to the power of value / bandwidth; numbers less than a bandwidth apart have similar vectors';

CREATE FUNCTION @extschema@.fhrr_encode_cyclic(dims integer, value double precision, period double precision,
                                              bandwidth double precision DEFAULT 1, seed bigint DEFAULT 0) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_encode_cyclic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_encode_cyclic(integer, double precision, double precision, double precision, bigint) IS
    'like fhrr_encode_number(), for numbers on a circle, as hours and angles are: value and value + period have the same vector';

CREATE FUNCTION @extschema@.hrr_shuffle(a @extschema@.fhrr, times integer DEFAULT 1) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_shuffle' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_shuffle(@extschema@.fhrr, integer) IS
    'elements in a fixed random order, so many times over, back where negative; marks order, since unlike permute() it does not commute with binding';

-- The aggregates. Their states are the same as those of hrr.

CREATE FUNCTION @extschema@.fhrr_record_step(state double precision[], key @extschema@.fhrr, value @extschema@.fhrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'fhrr_record_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_record_step(double precision[], @extschema@.fhrr, @extschema@.fhrr) IS 'transition of hrr_record';

CREATE FUNCTION @extschema@.fhrr_sequence_step(state double precision[], item @extschema@.fhrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'fhrr_sequence_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_sequence_step(double precision[], @extschema@.fhrr) IS 'transition of hrr_sequence';

CREATE FUNCTION @extschema@.fhrr_ngrams_step(state double precision[], item @extschema@.fhrr, size integer) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'fhrr_ngrams_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_ngrams_step(double precision[], @extschema@.fhrr, integer) IS 'transition of hrr_ngrams';

CREATE FUNCTION @extschema@.fhrr_structure_final(state double precision[]) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_structure_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_structure_final(double precision[]) IS 'result of hrr_sequence and hrr_ngrams';

CREATE AGGREGATE @extschema@.hrr_record(key @extschema@.fhrr, value @extschema@.fhrr) (
    SFUNC = @extschema@.fhrr_record_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.fhrr_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.hrr_record(@extschema@.fhrr, @extschema@.fhrr) IS
    'key-value pairs in one vector: the sum of key * value; hrr_record / key is similar to the value';

CREATE AGGREGATE @extschema@.hrr_sequence(item @extschema@.fhrr) (
    SFUNC = @extschema@.fhrr_sequence_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    FINALFUNC = @extschema@.fhrr_structure_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.hrr_sequence(@extschema@.fhrr) IS
    'items in their order in one vector: the sum of item i * fhrr_position(dims, i), counted from 1; give it an ORDER BY';

CREATE AGGREGATE @extschema@.hrr_ngrams(item @extschema@.fhrr, size integer) (
    SFUNC = @extschema@.fhrr_ngrams_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    FINALFUNC = @extschema@.fhrr_structure_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.hrr_ngrams(@extschema@.fhrr, integer) IS
    'all runs of size neighbouring items in one vector: the sum of a * hrr_shuffle(b, 1) * hrr_shuffle(c, 2) * ...; give it an ORDER BY';
