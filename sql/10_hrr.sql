-- The type hrr: vectors of float4 elements with the algebra of holographic reduced representations

CREATE TYPE @extschema@.hrr;

CREATE FUNCTION @extschema@.hrr_in(cstring, oid, integer) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_in(cstring, oid, integer) IS 'reads the text form [1,2,3]';

CREATE FUNCTION @extschema@.hrr_out(@extschema@.hrr) RETURNS cstring
    AS 'MODULE_PATHNAME', 'hrr_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_out(@extschema@.hrr) IS 'the text form [1,2,3], with the shortest digits that read back exactly';

CREATE FUNCTION @extschema@.hrr_recv(internal, oid, integer) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_recv(internal, oid, integer) IS 'reads the binary form';

CREATE FUNCTION @extschema@.hrr_send(@extschema@.hrr) RETURNS bytea
    AS 'MODULE_PATHNAME', 'hrr_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_send(@extschema@.hrr) IS 'the binary form: dimensions, version and flags, elements, all big-endian';

CREATE FUNCTION @extschema@.hrr_typmod_in(cstring[]) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_typmod_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_typmod_in(cstring[]) IS 'checks the number of dimensions in hrr(n)';

CREATE TYPE @extschema@.hrr (
    INPUT = @extschema@.hrr_in,
    OUTPUT = @extschema@.hrr_out,
    RECEIVE = @extschema@.hrr_recv,
    SEND = @extschema@.hrr_send,
    TYPMOD_IN = @extschema@.hrr_typmod_in,
    STORAGE = external,
    -- Of a literal that could be either, hrr or fhrr (sql/13_fhrr.sql), it is an hrr.
    CATEGORY = 'h',
    PREFERRED = true
);
COMMENT ON TYPE @extschema@.hrr IS 'holographic reduced representation: hrr(n) is a vector of n float4 elements, 1 to 16000';

-- Casts

CREATE FUNCTION @extschema@.hrr(@extschema@.hrr, integer, boolean) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_coerce' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr(@extschema@.hrr, integer, boolean) IS 'checks the number of dimensions of a vector for hrr(n)';

CREATE CAST (@extschema@.hrr AS @extschema@.hrr) WITH FUNCTION @extschema@.hrr(@extschema@.hrr, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (@extschema@.hrr AS @extschema@.hrr) IS 'checks the number of dimensions';

CREATE FUNCTION @extschema@.hrr(integer[], integer, boolean) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr(integer[], integer, boolean) IS 'converts integer[] to hrr';

CREATE CAST (integer[] AS @extschema@.hrr) WITH FUNCTION @extschema@.hrr(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS @extschema@.hrr) IS 'the elements of a vector';

CREATE FUNCTION @extschema@.hrr(real[], integer, boolean) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr(real[], integer, boolean) IS 'converts real[] to hrr';

CREATE CAST (real[] AS @extschema@.hrr) WITH FUNCTION @extschema@.hrr(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS @extschema@.hrr) IS 'the elements of a vector';

CREATE FUNCTION @extschema@.hrr(double precision[], integer, boolean) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr(double precision[], integer, boolean) IS 'converts double precision[] to hrr';

CREATE CAST (double precision[] AS @extschema@.hrr) WITH FUNCTION @extschema@.hrr(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS @extschema@.hrr) IS 'the elements of a vector';

CREATE FUNCTION @extschema@.hrr(numeric[], integer, boolean) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr(numeric[], integer, boolean) IS 'converts numeric[] to hrr';

CREATE CAST (numeric[] AS @extschema@.hrr) WITH FUNCTION @extschema@.hrr(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS @extschema@.hrr) IS 'the elements of a vector';

CREATE FUNCTION @extschema@.hrr_to_real_array(@extschema@.hrr) RETURNS real[]
    AS 'MODULE_PATHNAME', 'hrr_to_real_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_to_real_array(@extschema@.hrr) IS 'converts hrr to real[]';

CREATE CAST (@extschema@.hrr AS real[]) WITH FUNCTION @extschema@.hrr_to_real_array(@extschema@.hrr) AS IMPLICIT;
COMMENT ON CAST (@extschema@.hrr AS real[]) IS 'the elements of a vector';

-- Makers

CREATE FUNCTION @extschema@.hrr_identity(dims integer) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_identity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_identity(integer) IS '(1, 0, ..., 0): binding with it changes nothing';

CREATE FUNCTION @extschema@.hrr_random(dims integer, seed bigint) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_random' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_random(integer, bigint) IS 'independent draws from N(0, 1/dims), the same for the same seed';

CREATE FUNCTION @extschema@.hrr_unitary(dims integer, seed bigint) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_unitary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_unitary(integer, bigint) IS 'random vector whose spectrum has magnitude 1 everywhere, for roles and attributes; the same for the same seed';

-- Binding

CREATE FUNCTION @extschema@.bind(a @extschema@.hrr, b @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_bind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.bind(@extschema@.hrr, @extschema@.hrr) IS 'circular convolution, unnormalised; a * b';

CREATE FUNCTION @extschema@.unbind(a @extschema@.hrr, b @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_unbind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.unbind(@extschema@.hrr, @extschema@.hrr) IS 'a bound with the involution of b: what b was bound with in a, with some noise; a / b';

CREATE FUNCTION @extschema@.involution(a @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_involution' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.involution(@extschema@.hrr) IS 'approximate inverse of binding, exact for unitary vectors; ~a';

CREATE FUNCTION @extschema@.exact_inverse(a @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_exact_inverse' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.exact_inverse(@extschema@.hrr) IS 'exact inverse of binding; amplifies noise';

CREATE FUNCTION @extschema@.bind_power(a @extschema@.hrr, power double precision) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_bind_power' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.bind_power(@extschema@.hrr, double precision) IS 'a bound with itself, fractional and negative powers included';

CREATE FUNCTION @extschema@.permute(a @extschema@.hrr, shift integer) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_permute' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.permute(@extschema@.hrr, integer) IS 'cyclic shift by so many places, to the right where positive';

CREATE FUNCTION @extschema@.unitary(a @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_to_unitary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.unitary(@extschema@.hrr) IS 'a with its spectrum divided by its magnitude: binding with the result keeps lengths';

-- Lengths and products

CREATE FUNCTION @extschema@.hrr_dims(a @extschema@.hrr) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_dims' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_dims(@extschema@.hrr) IS 'number of dimensions';

CREATE FUNCTION @extschema@.l2_norm(a @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'hrr_l2_norm' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.l2_norm(@extschema@.hrr) IS 'Euclidean length';

CREATE FUNCTION @extschema@.l2_normalize(a @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_l2_normalize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.l2_normalize(@extschema@.hrr) IS 'a divided by its length; 0 for 0';

CREATE FUNCTION @extschema@.inner_product(a @extschema@.hrr, b @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'hrr_inner_product' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.inner_product(@extschema@.hrr, @extschema@.hrr) IS 'sum of the products of the elements';

CREATE FUNCTION @extschema@.cosine_similarity(a @extschema@.hrr, b @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'hrr_cosine_similarity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.cosine_similarity(@extschema@.hrr, @extschema@.hrr) IS 'cosine of the angle between a and b; NaN where one of them is 0';

