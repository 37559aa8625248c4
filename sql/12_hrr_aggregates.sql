-- The aggregates of hrr. Their states are arrays of double precision (see src/postgres/types/hrr_aggregate.cpp), so that plans can
-- be split and partial results sent anywhere.

CREATE FUNCTION @extschema@.hrr_sum_step(state double precision[], a @extschema@.hrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_sum_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_sum_step(double precision[], @extschema@.hrr) IS 'transition of sum, bundle and avg';

CREATE FUNCTION @extschema@.hrr_sum_combine(state double precision[], other double precision[]) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_sum_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_sum_combine(double precision[], double precision[]) IS 'combination of two states of sum, bundle and avg';

CREATE FUNCTION @extschema@.hrr_sum_final(state double precision[]) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_sum_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_sum_final(double precision[]) IS 'result of sum and bundle';

CREATE FUNCTION @extschema@.hrr_avg_final(state double precision[]) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_avg_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_avg_final(double precision[]) IS 'result of avg';

CREATE FUNCTION @extschema@.hrr_bind_step(state double precision[], a @extschema@.hrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_bind_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_bind_step(double precision[], @extschema@.hrr) IS 'transition of bind';

CREATE FUNCTION @extschema@.hrr_bind_combine(state double precision[], other double precision[]) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_bind_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_bind_combine(double precision[], double precision[]) IS 'combination of two states of bind';

CREATE FUNCTION @extschema@.hrr_bind_final(state double precision[]) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'hrr_bind_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.hrr_bind_final(double precision[]) IS 'result of bind';

CREATE AGGREGATE @extschema@.sum(@extschema@.hrr) (
    SFUNC = @extschema@.hrr_sum_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.hrr_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sum(@extschema@.hrr) IS 'sum of vectors';

CREATE AGGREGATE @extschema@.bundle(@extschema@.hrr) (
    SFUNC = @extschema@.hrr_sum_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.hrr_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.bundle(@extschema@.hrr) IS 'superposition of vectors: their sum, similar to each of them';

CREATE AGGREGATE @extschema@.avg(@extschema@.hrr) (
    SFUNC = @extschema@.hrr_sum_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.hrr_avg_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.avg(@extschema@.hrr) IS 'mean of vectors';

CREATE AGGREGATE @extschema@.bind(@extschema@.hrr) (
    SFUNC = @extschema@.hrr_bind_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_bind_combine,
    FINALFUNC = @extschema@.hrr_bind_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.bind(@extschema@.hrr) IS 'all vectors bound together; equal to the chain of a * b up to rounding';

