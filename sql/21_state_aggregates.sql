-- States of whole groups of events: SELECT user_id, ssm_encode(token ORDER BY t) ... GROUP BY user_id
--
-- A state belongs to weights, and a token does not say to which. So the aggregate either is given the state to start from, as
-- ssm_initial() makes it, or takes the active version of the model that recommend() would ask: the only one, or that of the
-- setting holomamba.model. No rows: NULL, as of any aggregate. A NULL token is an item that the model does not know, as in
-- ssm_update(ssm_state, hrr[]). There is no parallel form: the order of events is what a state is about.

CREATE FUNCTION holomamba_internal.empty_state() RETURNS @extschema@.ssm_state
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.choose_model(NULL, 1);
BEGIN
    RETURN @extschema@.ssm_initial(m.model, m.active_version);
END
$$;
COMMENT ON FUNCTION holomamba_internal.empty_state() IS
    'state of a user without events, for the active version of the only model or of the one that holomamba.model names';

CREATE FUNCTION holomamba_internal.encode_next(state @extschema@.ssm_state, token @extschema@.hrr) RETURNS @extschema@.ssm_state
LANGUAGE sql STABLE PARALLEL SAFE
RETURN @extschema@.ssm_update(coalesce(state, holomamba_internal.empty_state()), ARRAY[token]);
COMMENT ON FUNCTION holomamba_internal.encode_next(@extschema@.ssm_state, @extschema@.hrr) IS 'internal: one step of ssm_encode(token)';

CREATE FUNCTION holomamba_internal.encode_next(state @extschema@.ssm_state, initial @extschema@.ssm_state, token @extschema@.hrr)
RETURNS @extschema@.ssm_state
LANGUAGE sql STABLE PARALLEL SAFE
RETURN @extschema@.ssm_update(coalesce(state, initial), ARRAY[token]);
COMMENT ON FUNCTION holomamba_internal.encode_next(@extschema@.ssm_state, @extschema@.ssm_state, @extschema@.hrr) IS
    'internal: one step of ssm_encode(initial, token)';

CREATE AGGREGATE @extschema@.ssm_encode(token @extschema@.hrr) (
    SFUNC = holomamba_internal.encode_next, STYPE = @extschema@.ssm_state, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.ssm_encode(@extschema@.hrr) IS
    'state after the events of a group, for the active version of the only model or of the one that holomamba.model names; give the order: ssm_encode(token ORDER BY t)';

CREATE AGGREGATE @extschema@.ssm_encode(initial @extschema@.ssm_state, token @extschema@.hrr) (
    SFUNC = holomamba_internal.encode_next, STYPE = @extschema@.ssm_state, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.ssm_encode(@extschema@.ssm_state, @extschema@.hrr) IS
    'state after the events of a group, from the state given with its first event; give the order: ssm_encode(initial, token ORDER BY t)';
