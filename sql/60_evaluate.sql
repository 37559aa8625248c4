-- Evaluation on the events that a training held back

CREATE FUNCTION holomamba.evaluate(
    model text, k integer DEFAULT 10, exclude_seen boolean DEFAULT true, version integer DEFAULT NULL,
    OUT ranker text, OUT users bigint, OUT hit_rate double precision, OUT ndcg double precision, OUT mrr double precision,
    OUT coverage double precision
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'holomamba_evaluate' LANGUAGE C STABLE ROWS 2 COST 1000000;
COMMENT ON FUNCTION holomamba.evaluate(text, integer, boolean, integer) IS
    'ranks every user''s held-out event over the whole catalogue, by the model and by popularity; the active version unless another is named';
