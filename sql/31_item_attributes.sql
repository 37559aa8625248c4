-- Which attributes of items a model reads: those that it declares, with which the next version is trained, and those that its versions
-- were trained with.

CREATE FUNCTION holomamba_internal.attributes_of(m holomamba.model_catalogue, version integer) RETURNS name[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT v.attributes FROM holomamba.version_catalogue v WHERE v.model = m.model AND v.version = attributes_of.version), m.attributes)
$$;
COMMENT ON FUNCTION holomamba_internal.attributes_of(holomamba.model_catalogue, integer) IS
    'internal: the attributes that a version was trained with, in the order that its weights have';

CREATE FUNCTION holomamba_internal.item_attributes(m holomamba.model_catalogue) RETURNS name[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.attributes || ARRAY(SELECT DISTINCT a FROM holomamba.version_catalogue v, unnest(v.attributes) a
                                 WHERE v.model = m.model AND a <> ALL (m.attributes) ORDER BY a)
$$;
COMMENT ON FUNCTION holomamba_internal.item_attributes(holomamba.model_catalogue) IS
    'internal: the attributes that a model declares, and those of its versions that it does not declare any more';

CREATE FUNCTION holomamba_internal.set_attributes(model name, attributes name[]) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_set_attributes' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.set_attributes(name, name[]) IS
    'internal: says which attributes the next version of a model of the caller''s is trained with';
