-- Data structures in vectors of the type hrr: names, numbers, records, sequences, n-grams (see docs/hrr.md)

CREATE FUNCTION @extschema@.hrr_symbol(dims integer, name text) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_symbol' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_symbol(integer, text) IS 'random vector that stands for a name: hrr_random() with the name as its seed';

CREATE FUNCTION @extschema@.hrr_role(dims integer, name text) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_role' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_role(integer, text) IS 'unitary vector that stands for the name of a key or role: hrr_unitary() with the name as its seed';

CREATE FUNCTION @extschema@.hrr_position(dims integer, "position" integer) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_position' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_position(integer, integer) IS 'role of a place in a sequence; the roles of i and j bound together are that of i + j';

CREATE FUNCTION @extschema@.hrr_encode_number(dims integer, value double precision, bandwidth double precision DEFAULT 1,
                                              seed bigint DEFAULT 0) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_encode_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_encode_number(integer, double precision, double precision, bigint) IS
    'vector of a number: hrr_unitary(dims, seed) to the power of value / bandwidth; numbers less than a bandwidth apart have similar vectors';

CREATE FUNCTION @extschema@.hrr_encode_cyclic(dims integer, value double precision, period double precision,
                                              bandwidth double precision DEFAULT 1, seed bigint DEFAULT 0) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_encode_cyclic' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_encode_cyclic(integer, double precision, double precision, double precision, bigint) IS
    'like hrr_encode_number(), for numbers on a circle, as hours and angles are: value and value + period have the same vector';

CREATE FUNCTION @extschema@.hrr_shuffle(a @extschema@.hrr, times integer DEFAULT 1) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_shuffle' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_shuffle(@extschema@.hrr, integer) IS
    'elements in a fixed random order, so many times over, back where negative; marks order, since unlike permute() it does not commute with binding';

-- The aggregates. Their states are arrays of double precision (see src/postgres/types/hrr_structures.cpp).

CREATE FUNCTION @extschema@.hrr_record_step(state double precision[], key @extschema@.hrr, value @extschema@.hrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_record_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_record_step(double precision[], @extschema@.hrr, @extschema@.hrr) IS 'transition of hrr_record';

CREATE FUNCTION @extschema@.hrr_sequence_step(state double precision[], item @extschema@.hrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_sequence_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_sequence_step(double precision[], @extschema@.hrr) IS 'transition of hrr_sequence';

CREATE FUNCTION @extschema@.hrr_ngrams_step(state double precision[], item @extschema@.hrr, size integer) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_ngrams_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_ngrams_step(double precision[], @extschema@.hrr, integer) IS 'transition of hrr_ngrams';

CREATE FUNCTION @extschema@.hrr_structure_final(state double precision[]) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_structure_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_structure_final(double precision[]) IS 'result of hrr_sequence and hrr_ngrams';

CREATE AGGREGATE @extschema@.hrr_record(key @extschema@.hrr, value @extschema@.hrr) (
    SFUNC = @extschema@.hrr_record_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.hrr_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.hrr_record(@extschema@.hrr, @extschema@.hrr) IS
    'key-value pairs in one vector: the sum of key * value; hrr_record / key is similar to the value';

CREATE AGGREGATE @extschema@.hrr_sequence(item @extschema@.hrr) (
    SFUNC = @extschema@.hrr_sequence_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    FINALFUNC = @extschema@.hrr_structure_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.hrr_sequence(@extschema@.hrr) IS
    'items in their order in one vector: the sum of item i * hrr_position(dims, i), counted from 1; give it an ORDER BY';

CREATE AGGREGATE @extschema@.hrr_ngrams(item @extschema@.hrr, size integer) (
    SFUNC = @extschema@.hrr_ngrams_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    FINALFUNC = @extschema@.hrr_structure_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.hrr_ngrams(@extschema@.hrr, integer) IS
    'all runs of size neighbouring items in one vector: the sum of a * hrr_shuffle(b, 1) * hrr_shuffle(c, 2) * ...; give it an ORDER BY';
