-- Equality of states, and an order, of no meaning of its own, for DISTINCT, GROUP BY, EXCEPT and joins

CREATE FUNCTION @extschema@.ssm_state_lt(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_lt(@extschema@.ssm_state, @extschema@.ssm_state) IS 'implementation of <';
CREATE FUNCTION @extschema@.ssm_state_le(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_le(@extschema@.ssm_state, @extschema@.ssm_state) IS 'implementation of <=';
CREATE FUNCTION @extschema@.ssm_state_eq(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_eq(@extschema@.ssm_state, @extschema@.ssm_state) IS 'implementation of =';
CREATE FUNCTION @extschema@.ssm_state_ne(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_ne(@extschema@.ssm_state, @extschema@.ssm_state) IS 'implementation of <>';
CREATE FUNCTION @extschema@.ssm_state_ge(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_ge(@extschema@.ssm_state, @extschema@.ssm_state) IS 'implementation of >=';
CREATE FUNCTION @extschema@.ssm_state_gt(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_gt(@extschema@.ssm_state, @extschema@.ssm_state) IS 'implementation of >';
CREATE FUNCTION @extschema@.ssm_state_cmp(a @extschema@.ssm_state, b @extschema@.ssm_state) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_cmp(@extschema@.ssm_state, @extschema@.ssm_state) IS 'order of two states, by their bytes';
CREATE FUNCTION @extschema@.ssm_state_hash(a @extschema@.ssm_state) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_hash(@extschema@.ssm_state) IS 'hash of a state';
CREATE FUNCTION @extschema@.ssm_state_hash_extended(a @extschema@.ssm_state, seed bigint) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.ssm_state_hash_extended(@extschema@.ssm_state, bigint) IS 'hash of a state, seeded';

CREATE OPERATOR @extschema@.< (
    FUNCTION = @extschema@.ssm_state_lt,
    LEFTARG = @extschema@.ssm_state,
    RIGHTARG = @extschema@.ssm_state,
    COMMUTATOR = OPERATOR(@extschema@.>),
    NEGATOR = OPERATOR(@extschema@.>=),
    RESTRICT = scalarltsel,
    JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR @extschema@.< (@extschema@.ssm_state, @extschema@.ssm_state) IS 'less than';

CREATE OPERATOR @extschema@.<= (
    FUNCTION = @extschema@.ssm_state_le,
    LEFTARG = @extschema@.ssm_state,
    RIGHTARG = @extschema@.ssm_state,
    COMMUTATOR = OPERATOR(@extschema@.>=),
    NEGATOR = OPERATOR(@extschema@.>),
    RESTRICT = scalarlesel,
    JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR @extschema@.<= (@extschema@.ssm_state, @extschema@.ssm_state) IS 'less than or equal';

CREATE OPERATOR @extschema@.= (
    FUNCTION = @extschema@.ssm_state_eq,
    LEFTARG = @extschema@.ssm_state,
    RIGHTARG = @extschema@.ssm_state,
    COMMUTATOR = OPERATOR(@extschema@.=),
    NEGATOR = OPERATOR(@extschema@.<>),
    RESTRICT = eqsel,
    JOIN = eqjoinsel,
    HASHES,
    MERGES
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.ssm_state, @extschema@.ssm_state) IS 'equal: of the same weights, after as many events, the same to the last bit';

CREATE OPERATOR @extschema@.<> (
    FUNCTION = @extschema@.ssm_state_ne,
    LEFTARG = @extschema@.ssm_state,
    RIGHTARG = @extschema@.ssm_state,
    COMMUTATOR = OPERATOR(@extschema@.<>),
    NEGATOR = OPERATOR(@extschema@.=),
    RESTRICT = neqsel,
    JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.ssm_state, @extschema@.ssm_state) IS 'not equal';

CREATE OPERATOR @extschema@.>= (
    FUNCTION = @extschema@.ssm_state_ge,
    LEFTARG = @extschema@.ssm_state,
    RIGHTARG = @extschema@.ssm_state,
    COMMUTATOR = OPERATOR(@extschema@.<=),
    NEGATOR = OPERATOR(@extschema@.<),
    RESTRICT = scalargesel,
    JOIN = scalargejoinsel
);
COMMENT ON OPERATOR @extschema@.>= (@extschema@.ssm_state, @extschema@.ssm_state) IS 'greater than or equal';

CREATE OPERATOR @extschema@.> (
    FUNCTION = @extschema@.ssm_state_gt,
    LEFTARG = @extschema@.ssm_state,
    RIGHTARG = @extschema@.ssm_state,
    COMMUTATOR = OPERATOR(@extschema@.<),
    NEGATOR = OPERATOR(@extschema@.<=),
    RESTRICT = scalargtsel,
    JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR @extschema@.> (@extschema@.ssm_state, @extschema@.ssm_state) IS 'greater than';

CREATE OPERATOR CLASS @extschema@.ssm_state_ops DEFAULT FOR TYPE @extschema@.ssm_state USING btree AS
    OPERATOR 1 @extschema@.<,
    OPERATOR 2 @extschema@.<=,
    OPERATOR 3 @extschema@.=,
    OPERATOR 4 @extschema@.>=,
    OPERATOR 5 @extschema@.>,
    FUNCTION 1 @extschema@.ssm_state_cmp(@extschema@.ssm_state, @extschema@.ssm_state);
COMMENT ON OPERATOR CLASS @extschema@.ssm_state_ops USING btree IS 'order of states, for DISTINCT, EXCEPT and merge joins';

CREATE OPERATOR CLASS @extschema@.ssm_state_ops DEFAULT FOR TYPE @extschema@.ssm_state USING hash AS
    OPERATOR 1 @extschema@.=,
    FUNCTION 1 @extschema@.ssm_state_hash(@extschema@.ssm_state),
    FUNCTION 2 @extschema@.ssm_state_hash_extended(@extschema@.ssm_state, bigint);
COMMENT ON OPERATOR CLASS @extschema@.ssm_state_ops USING hash IS 'equality of states, for hash joins and grouping';
