-- Pictures, as SVG: of what trainings have come to, and of where items lie. Written to a file they open in any browser:
--   psql -XAtc "SELECT holomamba.plot_training('films')" >training.svg

CREATE FUNCTION holomamba_internal.svg_text(x double precision, y double precision, anchor text, content text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN format('<text x="%s" y="%s" text-anchor="%s">%s</text>', round(x::numeric, 1), round(y::numeric, 1), anchor,
              regexp_replace(replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '[[:cntrl:]]', ' ', 'g'));
COMMENT ON FUNCTION holomamba_internal.svg_text(double precision, double precision, text, text) IS
    'internal: a text of a picture, with what XML takes for its own written so that it does not';

-- Okabe and Ito's colours, which people tell apart who see few.
CREATE FUNCTION holomamba_internal.svg_colour(number integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN (ARRAY['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#b8a900', '#000000'])[1 + (number - 1) % 8];
COMMENT ON FUNCTION holomamba_internal.svg_colour(integer) IS 'internal: the colour of the first thing in a picture, the second and so on, up to eight';

CREATE FUNCTION holomamba_internal.svg_picture(width integer, height integer, content text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN format('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$s %2$s" width="%1$s" height="%2$s" font-family="sans-serif" font-size="12">' || E'\n'
              '<rect width="%1$s" height="%2$s" fill="white"/>' || E'\n%3$s\n</svg>', width, height, content);
COMMENT ON FUNCTION holomamba_internal.svg_picture(integer, integer, text) IS 'internal: an SVG document of what is drawn';

-- Curves over epochs, one for each version, in a box of 270 x 220 whose left upper corner is at (x, 40). `curves` are rows
-- {"colour": 1, "epoch": 3, "value": 0.5, "kept": true}.
CREATE FUNCTION holomamba_internal.svg_curves(title text, x integer, curves jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH points AS (
        SELECT p.* FROM jsonb_to_recordset(curves) p (colour integer, epoch integer, value double precision, kept boolean)
    ), bounds AS (
        SELECT min(value) AS low, max(value) AS high, max(epoch) AS last FROM points
    ), placed AS (
        SELECT p.*, x + CASE WHEN b.last > 1 THEN 270.0 * (p.epoch - 1) / (b.last - 1) ELSE 135 END AS px,
               40 + CASE WHEN b.high > b.low THEN 220.0 * (b.high - p.value) / (b.high - b.low) ELSE 110 END AS py
        FROM points p, bounds b
    )
    SELECT concat_ws(E'\n', holomamba_internal.svg_text(x + 135, 26, 'middle', title),
                     format('<rect x="%s" y="40" width="270" height="220" fill="none" stroke="#999"/>', x),
                     CASE WHEN b.last IS NULL THEN holomamba_internal.svg_text(x + 135, 154, 'middle', 'nothing was held back') END,
                     holomamba_internal.svg_text(x - 6, 44, 'end', round(b.high::numeric, 4)::text),
                     CASE WHEN b.low < b.high THEN holomamba_internal.svg_text(x - 6, 264, 'end', round(b.low::numeric, 4)::text) END,
                     CASE WHEN b.last > 1 THEN holomamba_internal.svg_text(x, 278, 'middle', '1') END,
                     holomamba_internal.svg_text(x + CASE WHEN b.last > 1 THEN 270 ELSE 135 END, 278, 'middle', b.last::text),
                     CASE WHEN b.last IS NOT NULL THEN holomamba_internal.svg_text(x + 135, 294, 'middle', 'epoch') END,
                     (SELECT string_agg(l.line, E'\n' ORDER BY l.colour)
                      FROM (SELECT p.colour, format('<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>', holomamba_internal.svg_colour(p.colour),
                                                    string_agg(format('%s,%s', round(p.px::numeric, 1), round(p.py::numeric, 1)), ' ' ORDER BY p.epoch)) AS line
                            FROM placed p GROUP BY p.colour) l),
                     (SELECT string_agg(format('<circle cx="%s" cy="%s" r="3.5" fill="%s"/>', round(p.px::numeric, 1), round(p.py::numeric, 1),
                                               holomamba_internal.svg_colour(p.colour)), E'\n' ORDER BY p.colour)
                      FROM placed p WHERE p.kept))
    FROM bounds b
$$;
COMMENT ON FUNCTION holomamba_internal.svg_curves(text, integer, jsonb) IS 'internal: curves over epochs, with a dot on the epoch that was kept';

CREATE FUNCTION holomamba.plot_training(model text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.find_model(model);
    chosen integer[];
    losses jsonb;
    gains jsonb;
    legend text;
BEGIN
    -- The latest, and as many as can be told apart by their colours.
    chosen := ARRAY(SELECT v.version FROM holomamba.versions v
                    WHERE v.model = m.model AND EXISTS (SELECT FROM holomamba.training_log l WHERE l.model = v.model AND l.version = v.version)
                    ORDER BY v.version DESC LIMIT 8);
    IF chosen = '{}' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('model "%s" has no trained epoch to plot', m.model),
            HINT = format('CALL holomamba.train(%L, holdout => ''leave_one_out'');', m.model);
    END IF;
    SELECT jsonb_agg(p) FILTER (WHERE p.value IS NOT NULL AND NOT p.gain), jsonb_agg(p) FILTER (WHERE p.value IS NOT NULL AND p.gain)
    INTO losses, gains
    FROM (SELECT array_position(chosen, v.version) AS colour, l.epoch, w.value, w.gain, l.epoch = v.best_epoch AS kept
          FROM holomamba.versions v
          JOIN holomamba.training_log l USING (model, version),
          LATERAL (VALUES (l.loss::double precision, false), (l.ndcg::double precision, true)) w (value, gain)
          WHERE v.model = m.model AND v.version = ANY (chosen) AND w.value BETWEEN -1e30 AND 1e30) p;
    SELECT string_agg(format('<rect x="%s" y="%s" width="10" height="10" fill="%s"/>', 70 + 170 * ((c.number - 1) % 4), 310 + 18 * ((c.number - 1) / 4), holomamba_internal.svg_colour(c.number::integer))
                      || holomamba_internal.svg_text(85 + 170 * ((c.number - 1) % 4), 319 + 18 * ((c.number - 1) / 4), 'start', format('version %s%s', c.version, CASE WHEN v.active THEN ', active' END)), E'\n'
                      ORDER BY c.number)
    INTO legend
    FROM unnest(chosen) WITH ORDINALITY c (version, number) JOIN holomamba.versions v ON v.model = m.model AND v.version = c.version;
    RETURN holomamba_internal.svg_picture(760, 350, concat_ws(E'\n',
        holomamba_internal.svg_curves(format('%s: loss of a training event, in nats', m.model), 70, coalesce(losses, '[]')),
        holomamba_internal.svg_curves('ndcg at 10 of the validation events', 450, coalesce(gains, '[]')), legend));
END
$$;
COMMENT ON FUNCTION holomamba.plot_training(text) IS
    'an SVG picture of the latest versions of a model: loss and validation metric by epoch, with a dot on the epoch that was kept';

CREATE FUNCTION holomamba_internal.item_map(model text, version integer, attribute name, OUT item_id text, OUT x real, OUT y real, OUT value integer, OUT number real)
    RETURNS SETOF record AS 'MODULE_PATHNAME', 'holomamba_item_map' LANGUAGE C STABLE ROWS 10000;
COMMENT ON FUNCTION holomamba_internal.item_map(text, integer, name) IS
    'internal: where the tokens of a version''s items lie on a map, and of an attribute the first value, by its place among the labels, or the number in deviations from the mean';

CREATE FUNCTION holomamba.plot_items(model text, attribute name DEFAULT NULL, version integer DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.find_model(model);
    shown CONSTANT integer := coalesce(version, m.active_version);
    dots text;
    legend text;
    numeric boolean;
BEGIN
    -- Seven values have a colour, the most frequent ones; the others share the last.
    WITH map AS MATERIALIZED (
        SELECT i.* FROM holomamba_internal.item_map(model, shown, attribute) i
    ), bounds AS (
        SELECT min(x) AS left, max(x) AS right, min(y) AS low, max(y) AS high FROM map
    ), valued AS (
        SELECT value, row_number() OVER (ORDER BY count(*) DESC, value)::integer AS place FROM map WHERE value IS NOT NULL GROUP BY value
    ), dotted AS (
        SELECT i.item_id, 20 + CASE WHEN b.right > b.left THEN 480 * (i.x - b.left) / (b.right - b.left) ELSE 240 END AS px,
               20 + CASE WHEN b.high > b.low THEN 480 * (b.high - i.y) / (b.high - b.low) ELSE 240 END AS py,
               CASE WHEN i.number IS NOT NULL
                    THEN format('hsl(%s,80%%,45%%)', round(240 - 120 * (1 + greatest(least(i.number, 2), -2) / 2)::numeric))
                    WHEN v.place IS NOT NULL THEN holomamba_internal.svg_colour(least(v.place, 8))
                    ELSE CASE WHEN attribute IS NULL THEN '#0072b2' ELSE '#bbbbbb' END END AS colour
        FROM map i CROSS JOIN bounds b LEFT JOIN valued v USING (value)
    )
    SELECT (SELECT string_agg(format('<circle cx="%s" cy="%s" r="2.5" fill="%s" fill-opacity="0.6"/>', round(d.px::numeric, 1), round(d.py::numeric, 1), d.colour),
                              E'\n' ORDER BY d.item_id) FROM dotted d),
           (SELECT string_agg(format('<rect x="520" y="%s" width="10" height="10" fill="%s"/>', 30 + 20 * v.place, holomamba_internal.svg_colour(v.place))
                              || holomamba_internal.svg_text(536, 39 + 20 * v.place, 'start', CASE WHEN v.place = 8 THEN 'others' ELSE left(l.labels[v.value], 30) END),
                              E'\n' ORDER BY v.place)
            FROM valued v, holomamba.vocabulary l
            WHERE v.place <= 8 AND l.model = m.model AND l.version = shown AND l.field = attribute),
           (SELECT bool_or(i.number IS NOT NULL) FROM map i)
    INTO dots, legend, numeric;
    RETURN holomamba_internal.svg_picture(760, 520, concat_ws(E'\n', dots,
        holomamba_internal.svg_text(520, 30, 'start', concat_ws(': ', format('%s, version %s', m.model, shown), attribute)), legend,
        CASE WHEN numeric THEN holomamba_internal.svg_text(520, 59, 'start', 'blue: low, red: high') END));
END
$$;
COMMENT ON FUNCTION holomamba.plot_items(text, name, integer) IS
    'an SVG map of the items that a version knows, the active one unless another is named: near each other where their tokens are alike, coloured by an attribute';
