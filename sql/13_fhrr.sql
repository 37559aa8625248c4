-- The type fhrr: the vectors of hrr in the frequency domain, where binding is an element-wise complex product. The C functions
-- of hrr that treat both types alike are declared here again.

CREATE TYPE @extschema@.fhrr;

CREATE FUNCTION @extschema@.fhrr_in(cstring, oid, integer) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_in(cstring, oid, integer) IS 'reads the text form [1,2,3]: the layout is that of the type';

CREATE FUNCTION @extschema@.fhrr_out(@extschema@.fhrr) RETURNS cstring
    AS 'MODULE_PATHNAME', 'hrr_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_out(@extschema@.fhrr) IS 'the text form [1,2,3], with the shortest digits that read back exactly';

CREATE FUNCTION @extschema@.fhrr_recv(internal, oid, integer) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_recv(internal, oid, integer) IS 'reads the binary form';

CREATE FUNCTION @extschema@.fhrr_send(@extschema@.fhrr) RETURNS bytea
    AS 'MODULE_PATHNAME', 'hrr_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_send(@extschema@.fhrr) IS 'the binary form: dimensions, version and flags, elements, all big-endian';

CREATE FUNCTION @extschema@.fhrr_typmod_in(cstring[]) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_typmod_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_typmod_in(cstring[]) IS 'checks the number of dimensions in fhrr(n)';

CREATE TYPE @extschema@.fhrr (
    INPUT = @extschema@.fhrr_in,
    OUTPUT = @extschema@.fhrr_out,
    RECEIVE = @extschema@.fhrr_recv,
    SEND = @extschema@.fhrr_send,
    TYPMOD_IN = @extschema@.fhrr_typmod_in,
    STORAGE = external,
    CATEGORY = 'h'
);
COMMENT ON TYPE @extschema@.fhrr IS 'Fourier holographic reduced representation: fhrr(n) is the spectrum of an hrr(n), as n float4 elements: re 0, re 1, im 1, re 2, im 2, ..., and for even n the real coefficient n/2';

-- Casts

CREATE FUNCTION @extschema@.fhrr(@extschema@.fhrr, integer, boolean) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_coerce' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr(@extschema@.fhrr, integer, boolean) IS 'checks the number of dimensions of a vector for fhrr(n)';

CREATE CAST (@extschema@.fhrr AS @extschema@.fhrr) WITH FUNCTION @extschema@.fhrr(@extschema@.fhrr, integer, boolean) AS IMPLICIT;
COMMENT ON CAST (@extschema@.fhrr AS @extschema@.fhrr) IS 'checks the number of dimensions';

CREATE FUNCTION @extschema@.fhrr(integer[], integer, boolean) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr(integer[], integer, boolean) IS 'converts integer[] to fhrr';

CREATE CAST (integer[] AS @extschema@.fhrr) WITH FUNCTION @extschema@.fhrr(integer[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (integer[] AS @extschema@.fhrr) IS 'the elements of a spectrum: re 0, re 1, im 1, ...';

CREATE FUNCTION @extschema@.fhrr(real[], integer, boolean) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr(real[], integer, boolean) IS 'converts real[] to fhrr';

CREATE CAST (real[] AS @extschema@.fhrr) WITH FUNCTION @extschema@.fhrr(real[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (real[] AS @extschema@.fhrr) IS 'the elements of a spectrum: re 0, re 1, im 1, ...';

CREATE FUNCTION @extschema@.fhrr(double precision[], integer, boolean) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr(double precision[], integer, boolean) IS 'converts double precision[] to fhrr';

CREATE CAST (double precision[] AS @extschema@.fhrr) WITH FUNCTION @extschema@.fhrr(double precision[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (double precision[] AS @extschema@.fhrr) IS 'the elements of a spectrum: re 0, re 1, im 1, ...';

CREATE FUNCTION @extschema@.fhrr(numeric[], integer, boolean) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'array_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr(numeric[], integer, boolean) IS 'converts numeric[] to fhrr';

CREATE CAST (numeric[] AS @extschema@.fhrr) WITH FUNCTION @extschema@.fhrr(numeric[], integer, boolean) AS ASSIGNMENT;
COMMENT ON CAST (numeric[] AS @extschema@.fhrr) IS 'the elements of a spectrum: re 0, re 1, im 1, ...';

CREATE FUNCTION @extschema@.fhrr_to_real_array(@extschema@.fhrr) RETURNS real[]
    AS 'MODULE_PATHNAME', 'hrr_to_real_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_to_real_array(@extschema@.fhrr) IS 'converts fhrr to real[]';

CREATE CAST (@extschema@.fhrr AS real[]) WITH FUNCTION @extschema@.fhrr_to_real_array(@extschema@.fhrr) AS ASSIGNMENT;
COMMENT ON CAST (@extschema@.fhrr AS real[]) IS 'the elements of a spectrum: re 0, re 1, im 1, ...';

-- To hrr and back

CREATE FUNCTION @extschema@.hrr_to_fhrr(@extschema@.hrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_to_fhrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_to_fhrr(@extschema@.hrr) IS 'the spectrum of a vector, unnormalised: c_k = sum_j x_j exp(-2 pi i j k / n)';

CREATE CAST (@extschema@.hrr AS @extschema@.fhrr) WITH FUNCTION @extschema@.hrr_to_fhrr(@extschema@.hrr) AS ASSIGNMENT;
COMMENT ON CAST (@extschema@.hrr AS @extschema@.fhrr) IS 'Fourier transform';

CREATE FUNCTION @extschema@.fhrr_to_hrr(@extschema@.fhrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'fhrr_to_hrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_to_hrr(@extschema@.fhrr) IS 'the vector of a spectrum';

CREATE CAST (@extschema@.fhrr AS @extschema@.hrr) WITH FUNCTION @extschema@.fhrr_to_hrr(@extschema@.fhrr) AS ASSIGNMENT;
COMMENT ON CAST (@extschema@.fhrr AS @extschema@.hrr) IS 'inverse Fourier transform';

-- Makers

CREATE FUNCTION @extschema@.fhrr_identity(dims integer) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_identity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_identity(integer) IS 'all coefficients 1: binding with it changes nothing';

CREATE FUNCTION @extschema@.fhrr_random(dims integer, seed bigint) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_random' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_random(integer, bigint) IS 'the spectrum of hrr_random(dims, seed)';

CREATE FUNCTION @extschema@.fhrr_unitary(dims integer, seed bigint) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_unitary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_unitary(integer, bigint) IS 'random coefficients of magnitude 1, for roles and attributes: the spectrum of hrr_unitary(dims, seed)';

-- Binding

CREATE FUNCTION @extschema@.bind(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_bind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.bind(@extschema@.fhrr, @extschema@.fhrr) IS 'product of the coefficients: the circular convolution of the vectors; a * b';

CREATE FUNCTION @extschema@.unbind(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_unbind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.unbind(@extschema@.fhrr, @extschema@.fhrr) IS 'a bound with the involution of b: what b was bound with in a, with some noise; a / b';

CREATE FUNCTION @extschema@.involution(a @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_involution' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.involution(@extschema@.fhrr) IS 'conjugates of the coefficients: approximate inverse of binding, exact for unitary vectors; ~a';

CREATE FUNCTION @extschema@.exact_inverse(a @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_exact_inverse' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.exact_inverse(@extschema@.fhrr) IS 'exact inverse of binding; amplifies noise';

CREATE FUNCTION @extschema@.bind_power(a @extschema@.fhrr, power double precision) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_bind_power' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.bind_power(@extschema@.fhrr, double precision) IS 'a bound with itself, fractional and negative powers included';

CREATE FUNCTION @extschema@.permute(a @extschema@.fhrr, shift integer) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_permute' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.permute(@extschema@.fhrr, integer) IS 'cyclic shift of the vector by so many places, to the right where positive: a phase that grows with the frequency';

CREATE FUNCTION @extschema@.unitary(a @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_to_unitary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.unitary(@extschema@.fhrr) IS 'every coefficient divided by its magnitude: binding with the result keeps lengths';

-- Lengths and products

CREATE FUNCTION @extschema@.fhrr_dims(a @extschema@.fhrr) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_dims' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_dims(@extschema@.fhrr) IS 'number of dimensions';

CREATE FUNCTION @extschema@.l2_norm(a @extschema@.fhrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'fhrr_l2_norm' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.l2_norm(@extschema@.fhrr) IS 'Euclidean length of the vector';

CREATE FUNCTION @extschema@.l2_normalize(a @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_l2_normalize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.l2_normalize(@extschema@.fhrr) IS 'a divided by the length of its vector; 0 for 0';

CREATE FUNCTION @extschema@.inner_product(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'fhrr_inner_product' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.inner_product(@extschema@.fhrr, @extschema@.fhrr) IS 'inner product of the vectors, by Parseval''s theorem';

CREATE FUNCTION @extschema@.cosine_similarity(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'fhrr_cosine_similarity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.cosine_similarity(@extschema@.fhrr, @extschema@.fhrr) IS 'cosine of the angle between the vectors; NaN where one of them is 0';

