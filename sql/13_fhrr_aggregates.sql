-- The aggregates of fhrr: those of hrr (sql/12_hrr_aggregates.sql), of which only what touches a vector is declared again.

CREATE FUNCTION @extschema@.fhrr_sum_step(state double precision[], a @extschema@.fhrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'hrr_sum_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_sum_step(double precision[], @extschema@.fhrr) IS 'transition of sum, bundle and avg';

CREATE FUNCTION @extschema@.fhrr_sum_final(state double precision[]) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_sum_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_sum_final(double precision[]) IS 'result of sum and bundle';

CREATE FUNCTION @extschema@.fhrr_avg_final(state double precision[]) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'hrr_avg_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_avg_final(double precision[]) IS 'result of avg';

CREATE FUNCTION @extschema@.fhrr_bind_step(state double precision[], a @extschema@.fhrr) RETURNS double precision[]
    AS 'MODULE_PATHNAME', 'fhrr_bind_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_bind_step(double precision[], @extschema@.fhrr) IS 'transition of bind';

CREATE FUNCTION @extschema@.fhrr_bind_final(state double precision[]) RETURNS @extschema@.fhrr
    AS 'MODULE_PATHNAME', 'fhrr_bind_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.fhrr_bind_final(double precision[]) IS 'result of bind';

CREATE AGGREGATE @extschema@.sum(@extschema@.fhrr) (
    SFUNC = @extschema@.fhrr_sum_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.fhrr_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sum(@extschema@.fhrr) IS 'sum of vectors';

CREATE AGGREGATE @extschema@.bundle(@extschema@.fhrr) (
    SFUNC = @extschema@.fhrr_sum_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.fhrr_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.bundle(@extschema@.fhrr) IS 'superposition of vectors: their sum, similar to each of them';

CREATE AGGREGATE @extschema@.avg(@extschema@.fhrr) (
    SFUNC = @extschema@.fhrr_sum_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_sum_combine,
    FINALFUNC = @extschema@.fhrr_avg_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.avg(@extschema@.fhrr) IS 'mean of vectors';

CREATE AGGREGATE @extschema@.bind(@extschema@.fhrr) (
    SFUNC = @extschema@.fhrr_bind_step,
    STYPE = double precision[],
    INITCOND = '{0}',
    COMBINEFUNC = @extschema@.hrr_bind_combine,
    FINALFUNC = @extschema@.fhrr_bind_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.bind(@extschema@.fhrr) IS 'all vectors bound together; equal to the chain of a * b up to rounding';

