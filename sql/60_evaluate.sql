-- Evaluation on the events that a training held back

CREATE FUNCTION holomamba.evaluate(
    model text, k integer DEFAULT 10, exclude_seen boolean DEFAULT NULL, version integer DEFAULT NULL, targets text DEFAULT 'first',
    segments boolean DEFAULT false,
    OUT ranker text, OUT segment text, OUT users bigint, OUT events bigint, OUT hit_rate double precision, OUT ndcg double precision,
    OUT mrr double precision, OUT coverage double precision, OUT not_served bigint
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'holomamba_evaluate' LANGUAGE C STABLE ROWS 4 COST 1000000;
COMMENT ON FUNCTION holomamba.evaluate(text, integer, boolean, integer, text, boolean) IS
    'ranks held-out events over all items that can be recommended, by a version (the active one unless another is named) and by simple rankers';
