-- The operators of hrr, and the operator classes that sort, group and join by it

-- Functions of the operators that have no name of their own

CREATE FUNCTION @extschema@.hrr_add(a @extschema@.hrr, b @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_add(@extschema@.hrr, @extschema@.hrr) IS 'implementation of +';

CREATE FUNCTION @extschema@.hrr_subtract(a @extschema@.hrr, b @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_subtract' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_subtract(@extschema@.hrr, @extschema@.hrr) IS 'implementation of -';

CREATE FUNCTION @extschema@.hrr_negate(a @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_negate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_negate(@extschema@.hrr) IS 'implementation of unary -';

CREATE FUNCTION @extschema@.hrr_scale(a @extschema@.hrr, factor double precision) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_scale' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_scale(@extschema@.hrr, double precision) IS 'implementation of * with a number';

CREATE FUNCTION @extschema@.hrr_scale(factor double precision, a @extschema@.hrr) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_scale_left' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_scale(double precision, @extschema@.hrr) IS 'implementation of * with a number';

CREATE FUNCTION @extschema@.hrr_divide(a @extschema@.hrr, divisor double precision) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_divide' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_divide(@extschema@.hrr, double precision) IS 'implementation of / by a number';

CREATE FUNCTION @extschema@.hrr_l2_distance(a @extschema@.hrr, b @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'hrr_l2_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_l2_distance(@extschema@.hrr, @extschema@.hrr) IS 'implementation of <->';

CREATE FUNCTION @extschema@.hrr_negative_inner_product(a @extschema@.hrr, b @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'hrr_negative_inner_product' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_negative_inner_product(@extschema@.hrr, @extschema@.hrr) IS 'implementation of <#>';

CREATE FUNCTION @extschema@.hrr_cosine_distance(a @extschema@.hrr, b @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'hrr_cosine_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_cosine_distance(@extschema@.hrr, @extschema@.hrr) IS 'implementation of <=>';

CREATE FUNCTION @extschema@.hrr_lt(a @extschema@.hrr, b @extschema@.hrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_lt(@extschema@.hrr, @extschema@.hrr) IS 'implementation of <';

CREATE FUNCTION @extschema@.hrr_le(a @extschema@.hrr, b @extschema@.hrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_le(@extschema@.hrr, @extschema@.hrr) IS 'implementation of <=';

CREATE FUNCTION @extschema@.hrr_eq(a @extschema@.hrr, b @extschema@.hrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_eq(@extschema@.hrr, @extschema@.hrr) IS 'implementation of =';

CREATE FUNCTION @extschema@.hrr_ne(a @extschema@.hrr, b @extschema@.hrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_ne(@extschema@.hrr, @extschema@.hrr) IS 'implementation of <>';

CREATE FUNCTION @extschema@.hrr_ge(a @extschema@.hrr, b @extschema@.hrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_ge(@extschema@.hrr, @extschema@.hrr) IS 'implementation of >=';

CREATE FUNCTION @extschema@.hrr_gt(a @extschema@.hrr, b @extschema@.hrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_gt(@extschema@.hrr, @extschema@.hrr) IS 'implementation of >';

CREATE FUNCTION @extschema@.hrr_cmp(a @extschema@.hrr, b @extschema@.hrr) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_cmp(@extschema@.hrr, @extschema@.hrr) IS 'order of two vectors: by their elements, then the shorter one first';

CREATE FUNCTION @extschema@.hrr_hash(a @extschema@.hrr) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_hash(@extschema@.hrr) IS 'hash';

CREATE FUNCTION @extschema@.hrr_hash_extended(a @extschema@.hrr, seed bigint) RETURNS bigint
    AS 'MODULE_PATHNAME', 'hrr_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_hash_extended(@extschema@.hrr, bigint) IS '64-bit hash';

-- Algebra

CREATE OPERATOR @extschema@.* (
    FUNCTION = @extschema@.bind,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.*)
);
COMMENT ON OPERATOR @extschema@.* (@extschema@.hrr, @extschema@.hrr) IS 'bind: circular convolution';

CREATE OPERATOR @extschema@./ (
    FUNCTION = @extschema@.unbind,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr
);
COMMENT ON OPERATOR @extschema@./ (@extschema@.hrr, @extschema@.hrr) IS 'unbind: circular correlation';

CREATE OPERATOR @extschema@.~ (
    FUNCTION = @extschema@.involution,
    RIGHTARG = @extschema@.hrr
);
COMMENT ON OPERATOR @extschema@.~ (NONE, @extschema@.hrr) IS 'involution: approximate inverse of binding; weaker than * and /, so write (~a) * b';

CREATE OPERATOR @extschema@.+ (
    FUNCTION = @extschema@.hrr_add,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.hrr, @extschema@.hrr) IS 'sum';

CREATE OPERATOR @extschema@.- (
    FUNCTION = @extschema@.hrr_subtract,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr
);
COMMENT ON OPERATOR @extschema@.- (@extschema@.hrr, @extschema@.hrr) IS 'difference';

CREATE OPERATOR @extschema@.- (
    FUNCTION = @extschema@.hrr_negate,
    RIGHTARG = @extschema@.hrr
);
COMMENT ON OPERATOR @extschema@.- (NONE, @extschema@.hrr) IS 'negative';

CREATE OPERATOR @extschema@.* (
    FUNCTION = @extschema@.hrr_scale,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = double precision,
    COMMUTATOR = OPERATOR(@extschema@.*)
);
COMMENT ON OPERATOR @extschema@.* (@extschema@.hrr, double precision) IS 'product with a number';

CREATE OPERATOR @extschema@.* (
    FUNCTION = @extschema@.hrr_scale,
    LEFTARG = double precision,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.*)
);
COMMENT ON OPERATOR @extschema@.* (double precision, @extschema@.hrr) IS 'product with a number';

CREATE OPERATOR @extschema@./ (
    FUNCTION = @extschema@.hrr_divide,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = double precision
);
COMMENT ON OPERATOR @extschema@./ (@extschema@.hrr, double precision) IS 'quotient by a number';

-- Distances

CREATE OPERATOR @extschema@.<-> (
    FUNCTION = @extschema@.hrr_l2_distance,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.<->)
);
COMMENT ON OPERATOR @extschema@.<-> (@extschema@.hrr, @extschema@.hrr) IS 'Euclidean distance';

CREATE OPERATOR @extschema@.<#> (
    FUNCTION = @extschema@.hrr_negative_inner_product,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.<#>)
);
COMMENT ON OPERATOR @extschema@.<#> (@extschema@.hrr, @extschema@.hrr) IS 'negative inner product, so that the nearest come first';

CREATE OPERATOR @extschema@.<=> (
    FUNCTION = @extschema@.hrr_cosine_distance,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.<=>)
);
COMMENT ON OPERATOR @extschema@.<=> (@extschema@.hrr, @extschema@.hrr) IS '1 - cosine similarity';

-- Order

CREATE OPERATOR @extschema@.< (
    FUNCTION = @extschema@.hrr_lt,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.>),
    NEGATOR = OPERATOR(@extschema@.>=),
    RESTRICT = scalarltsel,
    JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR @extschema@.< (@extschema@.hrr, @extschema@.hrr) IS 'less than';

CREATE OPERATOR @extschema@.<= (
    FUNCTION = @extschema@.hrr_le,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.>=),
    NEGATOR = OPERATOR(@extschema@.>),
    RESTRICT = scalarlesel,
    JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR @extschema@.<= (@extschema@.hrr, @extschema@.hrr) IS 'less than or equal';

CREATE OPERATOR @extschema@.= (
    FUNCTION = @extschema@.hrr_eq,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.=),
    NEGATOR = OPERATOR(@extschema@.<>),
    RESTRICT = eqsel,
    JOIN = eqjoinsel,
    HASHES,
    MERGES
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.hrr, @extschema@.hrr) IS 'equal';

CREATE OPERATOR @extschema@.<> (
    FUNCTION = @extschema@.hrr_ne,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.<>),
    NEGATOR = OPERATOR(@extschema@.=),
    RESTRICT = neqsel,
    JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.hrr, @extschema@.hrr) IS 'not equal';

CREATE OPERATOR @extschema@.>= (
    FUNCTION = @extschema@.hrr_ge,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.<=),
    NEGATOR = OPERATOR(@extschema@.<),
    RESTRICT = scalargesel,
    JOIN = scalargejoinsel
);
COMMENT ON OPERATOR @extschema@.>= (@extschema@.hrr, @extschema@.hrr) IS 'greater than or equal';

CREATE OPERATOR @extschema@.> (
    FUNCTION = @extschema@.hrr_gt,
    LEFTARG = @extschema@.hrr,
    RIGHTARG = @extschema@.hrr,
    COMMUTATOR = OPERATOR(@extschema@.<),
    NEGATOR = OPERATOR(@extschema@.<=),
    RESTRICT = scalargtsel,
    JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR @extschema@.> (@extschema@.hrr, @extschema@.hrr) IS 'greater than';

CREATE OPERATOR CLASS @extschema@.hrr_ops DEFAULT FOR TYPE @extschema@.hrr USING btree AS
    OPERATOR 1 @extschema@.<,
    OPERATOR 2 @extschema@.<=,
    OPERATOR 3 @extschema@.=,
    OPERATOR 4 @extschema@.>=,
    OPERATOR 5 @extschema@.>,
    FUNCTION 1 @extschema@.hrr_cmp(@extschema@.hrr, @extschema@.hrr);
COMMENT ON OPERATOR CLASS @extschema@.hrr_ops USING btree IS 'order of vectors, for DISTINCT, ORDER BY and merge joins';

CREATE OPERATOR CLASS @extschema@.hrr_ops DEFAULT FOR TYPE @extschema@.hrr USING hash AS
    OPERATOR 1 @extschema@.=,
    FUNCTION 1 @extschema@.hrr_hash(@extschema@.hrr),
    FUNCTION 2 @extschema@.hrr_hash_extended(@extschema@.hrr, bigint);
COMMENT ON OPERATOR CLASS @extschema@.hrr_ops USING hash IS 'equality of vectors, for hash joins, grouping and hash partitions';

