-- Repair: are the states what the events say, and if not, make them so

CREATE FUNCTION holomamba.rebuild_state(model text, users text[] DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_rebuild_state' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION holomamba.rebuild_state(text, text[]) IS
    'replays the events of these users, or with NULL of all, and stores their states anew';

CREATE FUNCTION holomamba.check_state(model text)
    RETURNS TABLE (user_id text, stored_events bigint, events bigint, difference text)
    AS 'MODULE_PATHNAME', 'holomamba_check_state' LANGUAGE C STABLE STRICT ROWS 10;
COMMENT ON FUNCTION holomamba.check_state(text) IS
    'the users whose stored states differ from a replay of their events, and in what: none, unless triggers were bypassed';
