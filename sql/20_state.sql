-- ssm_state: what a model remembers of one user

CREATE TYPE @extschema@.ssm_state;

CREATE FUNCTION @extschema@.ssm_state_in(cstring) RETURNS @extschema@.ssm_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.ssm_state_out(@extschema@.ssm_state) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.ssm_state_recv(internal) RETURNS @extschema@.ssm_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.ssm_state_send(@extschema@.ssm_state) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE @extschema@.ssm_state (
    INPUT = @extschema@.ssm_state_in,
    OUTPUT = @extschema@.ssm_state_out,
    RECEIVE = @extschema@.ssm_state_recv,
    SEND = @extschema@.ssm_state_send,
    ALIGNMENT = double,
    STORAGE = external
);

COMMENT ON TYPE @extschema@.ssm_state IS 'recurrent state of one user: opaque, bound by a fingerprint to the weights that made it';
COMMENT ON FUNCTION @extschema@.ssm_state_in(cstring) IS 'reads the text form of a state';
COMMENT ON FUNCTION @extschema@.ssm_state_out(@extschema@.ssm_state) IS 'lossless text form: the bytes of the state in hexadecimal';
COMMENT ON FUNCTION @extschema@.ssm_state_recv(internal) IS 'reads the binary form of a state';
COMMENT ON FUNCTION @extschema@.ssm_state_send(@extschema@.ssm_state) IS 'lossless binary form: a big-endian header, then the numbers as stored, little-endian';

-- STABLE, since they read the weights from the catalogue; with the same weights they are functions of their arguments.

CREATE FUNCTION @extschema@.ssm_initial(model text, version integer) RETURNS @extschema@.ssm_state
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.ssm_update(state @extschema@.ssm_state, token @extschema@.hrr) RETURNS @extschema@.ssm_state
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE COST 1000;
CREATE FUNCTION @extschema@.ssm_update(state @extschema@.ssm_state, tokens @extschema@.hrr[]) RETURNS @extschema@.ssm_state
    AS 'MODULE_PATHNAME', 'ssm_update_array' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
CREATE FUNCTION @extschema@.ssm_vector(state @extschema@.ssm_state) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION @extschema@.ssm_vector(state @extschema@.ssm_state, at timestamptz) RETURNS @extschema@.hrr
    AS 'MODULE_PATHNAME', 'ssm_vector_at' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION @extschema@.ssm_events(state @extschema@.ssm_state) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION @extschema@.ssm_initial(text, integer) IS 'state of a user without events, for a version of a model';
COMMENT ON FUNCTION @extschema@.ssm_update(@extschema@.ssm_state, @extschema@.hrr) IS
    'state after one more event with the item of that token (NULL: one that the model does not know): the same cost whatever came before';
COMMENT ON FUNCTION @extschema@.ssm_update(@extschema@.ssm_state, @extschema@.hrr[]) IS
    'state after events in the order of the array, NULL for an item that the model does not know: the same state as one by one, to the last bit';
COMMENT ON FUNCTION @extschema@.ssm_vector(@extschema@.ssm_state) IS
    'what items'' targets are compared with: the encoder''s output, as of the last event, followed by 1 for the bias';
COMMENT ON FUNCTION @extschema@.ssm_vector(@extschema@.ssm_state, timestamptz) IS
    'the same as of a moment, where events are timed; NULL: that of the last event';
COMMENT ON FUNCTION @extschema@.ssm_events(@extschema@.ssm_state) IS 'number of events in the state';

-- Nothing is grouped or sorted that needs not be: events name their user and their item by numbers.
CREATE FUNCTION holomamba_internal.advance_states(
    states @extschema@.ssm_state[], tokens @extschema@.hrr[], users integer[], items integer[],
    OUT number integer, OUT state @extschema@.ssm_state
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'holomamba_advance_states' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED ROWS 1000 COST 1000000;
COMMENT ON FUNCTION holomamba_internal.advance_states(@extschema@.ssm_state[], @extschema@.hrr[], integer[], integer[]) IS
    'states moved forward, on several processors: event i is of states[users[i]] and of the item tokens[items[i]], or of one '
    'that the model does not know where items[i] is NULL; a user''s events take effect in the order of the arrays';

CREATE FUNCTION holomamba_internal.advance_state(state @extschema@.ssm_state, tokens @extschema@.hrr[], about double precision[])
RETURNS @extschema@.ssm_state
    AS 'MODULE_PATHNAME', 'holomamba_advance_state' LANGUAGE C STABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION holomamba_internal.advance_state(@extschema@.ssm_state, @extschema@.hrr[], double precision[]) IS
    'internal: ssm_update(state, tokens) of events of which more is known: of each, a row of numbers with its time, where the weights read '
    'that, and the values of its attributes, as numbers of the weights; NaN for what is not known';
