-- The operators of fhrr, and the operator classes that sort, group and join by it

-- Functions of the operators that have no name of their own

CREATE FUNCTION @extschema@.fhrr_add(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_add(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of +';

CREATE FUNCTION @extschema@.fhrr_subtract(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_subtract' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_subtract(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of -';

CREATE FUNCTION @extschema@.fhrr_negate(a @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_negate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_negate(@extschema@.fhrr) IS 'implementation of unary -';

CREATE FUNCTION @extschema@.fhrr_scale(a @extschema@.fhrr, factor double precision) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_scale' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_scale(@extschema@.fhrr, double precision) IS 'implementation of * with a number';

CREATE FUNCTION @extschema@.fhrr_scale(factor double precision, a @extschema@.fhrr) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_scale_left' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_scale(double precision, @extschema@.fhrr) IS 'implementation of * with a number';

CREATE FUNCTION @extschema@.fhrr_divide(a @extschema@.fhrr, divisor double precision) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_divide' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_divide(@extschema@.fhrr, double precision) IS 'implementation of / by a number';

CREATE FUNCTION @extschema@.fhrr_l2_distance(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'fhrr_l2_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_l2_distance(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of <->';

CREATE FUNCTION @extschema@.fhrr_negative_inner_product(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'fhrr_negative_inner_product' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_negative_inner_product(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of <#>';

CREATE FUNCTION @extschema@.fhrr_cosine_distance(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'fhrr_cosine_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_cosine_distance(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of <=>';

CREATE FUNCTION @extschema@.fhrr_lt(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_lt(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of <';

CREATE FUNCTION @extschema@.fhrr_le(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_le(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of <=';

CREATE FUNCTION @extschema@.fhrr_eq(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_eq(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of =';

CREATE FUNCTION @extschema@.fhrr_ne(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_ne(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of <>';

CREATE FUNCTION @extschema@.fhrr_ge(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_ge(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of >=';

CREATE FUNCTION @extschema@.fhrr_gt(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS boolean
    AS 'MODULE_PATHNAME', 'hrr_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_gt(@extschema@.fhrr, @extschema@.fhrr) IS 'implementation of >';

CREATE FUNCTION @extschema@.fhrr_cmp(a @extschema@.fhrr, b @extschema@.fhrr) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_cmp(@extschema@.fhrr, @extschema@.fhrr) IS 'order of two vectors: by their elements, then the shorter one first';

CREATE FUNCTION @extschema@.fhrr_hash(a @extschema@.fhrr) RETURNS integer
    AS 'MODULE_PATHNAME', 'hrr_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_hash(@extschema@.fhrr) IS 'hash';

CREATE FUNCTION @extschema@.fhrr_hash_extended(a @extschema@.fhrr, seed bigint) RETURNS bigint
    AS 'MODULE_PATHNAME', 'hrr_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_hash_extended(@extschema@.fhrr, bigint) IS '64-bit hash';

-- Algebra

CREATE OPERATOR @extschema@.* (
    FUNCTION = @extschema@.bind,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.*)
);
COMMENT ON OPERATOR @extschema@.* (@extschema@.fhrr, @extschema@.fhrr) IS 'bind: product of the coefficients';

CREATE OPERATOR @extschema@./ (
    FUNCTION = @extschema@.unbind,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr
);
COMMENT ON OPERATOR @extschema@./ (@extschema@.fhrr, @extschema@.fhrr) IS 'unbind: product with the conjugates';

CREATE OPERATOR @extschema@.~ (
    FUNCTION = @extschema@.involution,
    RIGHTARG = @extschema@.fhrr
);
COMMENT ON OPERATOR @extschema@.~ (NONE, @extschema@.fhrr) IS 'involution: approximate inverse of binding; weaker than * and /, so write (~a) * b';

CREATE OPERATOR @extschema@.+ (
    FUNCTION = @extschema@.fhrr_add,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.fhrr, @extschema@.fhrr) IS 'sum';

CREATE OPERATOR @extschema@.- (
    FUNCTION = @extschema@.fhrr_subtract,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr
);
COMMENT ON OPERATOR @extschema@.- (@extschema@.fhrr, @extschema@.fhrr) IS 'difference';

CREATE OPERATOR @extschema@.- (
    FUNCTION = @extschema@.fhrr_negate,
    RIGHTARG = @extschema@.fhrr
);
COMMENT ON OPERATOR @extschema@.- (NONE, @extschema@.fhrr) IS 'negative';

CREATE OPERATOR @extschema@.* (
    FUNCTION = @extschema@.fhrr_scale,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = double precision,
    COMMUTATOR = OPERATOR(@extschema@.*)
);
COMMENT ON OPERATOR @extschema@.* (@extschema@.fhrr, double precision) IS 'product with a number';

CREATE OPERATOR @extschema@.* (
    FUNCTION = @extschema@.fhrr_scale,
    LEFTARG = double precision,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.*)
);
COMMENT ON OPERATOR @extschema@.* (double precision, @extschema@.fhrr) IS 'product with a number';

CREATE OPERATOR @extschema@./ (
    FUNCTION = @extschema@.fhrr_divide,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = double precision
);
COMMENT ON OPERATOR @extschema@./ (@extschema@.fhrr, double precision) IS 'quotient by a number';

-- Distances

CREATE OPERATOR @extschema@.<-> (
    FUNCTION = @extschema@.fhrr_l2_distance,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.<->)
);
COMMENT ON OPERATOR @extschema@.<-> (@extschema@.fhrr, @extschema@.fhrr) IS 'Euclidean distance of the vectors';

CREATE OPERATOR @extschema@.<#> (
    FUNCTION = @extschema@.fhrr_negative_inner_product,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.<#>)
);
COMMENT ON OPERATOR @extschema@.<#> (@extschema@.fhrr, @extschema@.fhrr) IS 'negative inner product of the vectors, so that the nearest come first';

CREATE OPERATOR @extschema@.<=> (
    FUNCTION = @extschema@.fhrr_cosine_distance,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.<=>)
);
COMMENT ON OPERATOR @extschema@.<=> (@extschema@.fhrr, @extschema@.fhrr) IS '1 - cosine similarity of the vectors';

-- Order

CREATE OPERATOR @extschema@.< (
    FUNCTION = @extschema@.fhrr_lt,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.>),
    NEGATOR = OPERATOR(@extschema@.>=),
    RESTRICT = scalarltsel,
    JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR @extschema@.< (@extschema@.fhrr, @extschema@.fhrr) IS 'less than';

CREATE OPERATOR @extschema@.<= (
    FUNCTION = @extschema@.fhrr_le,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.>=),
    NEGATOR = OPERATOR(@extschema@.>),
    RESTRICT = scalarlesel,
    JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR @extschema@.<= (@extschema@.fhrr, @extschema@.fhrr) IS 'less than or equal';

CREATE OPERATOR @extschema@.= (
    FUNCTION = @extschema@.fhrr_eq,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.=),
    NEGATOR = OPERATOR(@extschema@.<>),
    RESTRICT = eqsel,
    JOIN = eqjoinsel,
    HASHES,
    MERGES
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.fhrr, @extschema@.fhrr) IS 'equal';

CREATE OPERATOR @extschema@.<> (
    FUNCTION = @extschema@.fhrr_ne,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.<>),
    NEGATOR = OPERATOR(@extschema@.=),
    RESTRICT = neqsel,
    JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.fhrr, @extschema@.fhrr) IS 'not equal';

CREATE OPERATOR @extschema@.>= (
    FUNCTION = @extschema@.fhrr_ge,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.<=),
    NEGATOR = OPERATOR(@extschema@.<),
    RESTRICT = scalargesel,
    JOIN = scalargejoinsel
);
COMMENT ON OPERATOR @extschema@.>= (@extschema@.fhrr, @extschema@.fhrr) IS 'greater than or equal';

CREATE OPERATOR @extschema@.> (
    FUNCTION = @extschema@.fhrr_gt,
    LEFTARG = @extschema@.fhrr,
    RIGHTARG = @extschema@.fhrr,
    COMMUTATOR = OPERATOR(@extschema@.<),
    NEGATOR = OPERATOR(@extschema@.<=),
    RESTRICT = scalargtsel,
    JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR @extschema@.> (@extschema@.fhrr, @extschema@.fhrr) IS 'greater than';

CREATE OPERATOR CLASS @extschema@.fhrr_ops DEFAULT FOR TYPE @extschema@.fhrr USING btree AS
    OPERATOR 1 @extschema@.<,
    OPERATOR 2 @extschema@.<=,
    OPERATOR 3 @extschema@.=,
    OPERATOR 4 @extschema@.>=,
    OPERATOR 5 @extschema@.>,
    FUNCTION 1 @extschema@.fhrr_cmp(@extschema@.fhrr, @extschema@.fhrr);
COMMENT ON OPERATOR CLASS @extschema@.fhrr_ops USING btree IS 'order of vectors, for DISTINCT, ORDER BY and merge joins';

CREATE OPERATOR CLASS @extschema@.fhrr_ops DEFAULT FOR TYPE @extschema@.fhrr USING hash AS
    OPERATOR 1 @extschema@.=,
    FUNCTION 1 @extschema@.fhrr_hash(@extschema@.fhrr),
    FUNCTION 2 @extschema@.fhrr_hash_extended(@extschema@.fhrr, bigint);
COMMENT ON OPERATOR CLASS @extschema@.fhrr_ops USING hash IS 'equality of vectors, for hash joins, grouping and hash partitions';

