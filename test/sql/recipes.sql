-- Made from docs/recipes.md by test/doc_test.pl
SET client_min_messages = warning;
CREATE SCHEMA shop;
SET search_path = shop, public;
CREATE TABLE products (
    product_id bigint PRIMARY KEY, name text NOT NULL, brand text NOT NULL, price numeric NOT NULL, stock integer NOT NULL DEFAULT 10
);
INSERT INTO products SELECT i, 'product ' || i, 'brand ' || chr(64 + (i + 4) / 5), 5 + i FROM generate_series(1, 20) AS i;
CREATE TABLE actions (
    action_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    product_id  bigint NOT NULL REFERENCES products,
    kind        text NOT NULL CHECK (kind IN ('view', 'cart', 'purchase')),
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON actions (customer_id, at, action_id);
INSERT INTO actions (customer_id, product_id, kind, at)
SELECT c, 1 + (c * 3 + n) % 20, CASE n % 3 WHEN 0 THEN 'purchase' ELSE 'view' END, timestamptz '2026-01-01' + n * interval '1 hour'
FROM generate_series(1, 40) AS c, generate_series(1, 9) AS n;
ALTER TABLE actions ADD bought bigint GENERATED ALWAYS AS (CASE WHEN kind = 'purchase' THEN product_id END) STORED;
SELECT holomamba.create_model('purchases', 'actions', 'customer_id', 'bought', '{at,action_id}', 'products', 'product_id', '{brand,price}',
         options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('purchases');
INSERT INTO actions (customer_id, product_id, kind) VALUES (1, 20, 'view'), (1, 20, 'cart'), (1, 20, 'purchase');
UPDATE actions SET kind = 'purchase' WHERE customer_id = 2 AND kind = 'view';
SELECT user_id, events FROM holomamba.purchases_users WHERE user_id <= 3 ORDER BY user_id;
CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id bigint NOT NULL, paid_at timestamptz);
CREATE TABLE order_lines (
    line_id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE, product_id bigint NOT NULL REFERENCES products
);
CREATE INDEX ON order_lines (order_id);
CREATE TABLE sold (
    line_id     bigint PRIMARY KEY REFERENCES order_lines ON DELETE CASCADE,
    customer_id bigint NOT NULL, product_id bigint NOT NULL, paid_at timestamptz NOT NULL
);
CREATE INDEX ON sold (customer_id, paid_at, line_id);
CREATE FUNCTION keep_sold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = shop, pg_temp AS $$
BEGIN
    INSERT INTO sold
    SELECT l.line_id, o.customer_id, l.product_id, o.paid_at
    FROM orders o JOIN order_lines l USING (order_id)
    WHERE o.order_id IN (SELECT order_id FROM changed) AND o.paid_at IS NOT NULL
    ON CONFLICT (line_id) DO UPDATE SET customer_id = excluded.customer_id, product_id = excluded.product_id, paid_at = excluded.paid_at;
    DELETE FROM sold USING orders o JOIN order_lines l USING (order_id)
    WHERE o.order_id IN (SELECT order_id FROM changed) AND o.paid_at IS NULL AND sold.line_id = l.line_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER sold_paid AFTER UPDATE ON orders REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_sold();
CREATE TRIGGER sold_added AFTER INSERT ON order_lines REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_sold();
CREATE TRIGGER sold_changed AFTER UPDATE ON order_lines REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_sold();
INSERT INTO orders SELECT o, 1 + o % 10, timestamptz '2026-01-01' + o * interval '1 day' FROM generate_series(1, 60) AS o;
INSERT INTO order_lines SELECT l, 1 + (l - 1) / 2, 1 + l * 3 % 20 FROM generate_series(1, 120) AS l;
SELECT holomamba.create_model('sales', 'sold', 'customer_id', 'product_id', '{paid_at,line_id}', 'products', 'product_id', '{brand,price}',
         options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('sales');
INSERT INTO orders VALUES (1001, 99, NULL);
INSERT INTO order_lines VALUES (2001, 1001, 3), (2002, 1001, 4), (2003, 1001, 5);
SELECT count(*) AS waiting FROM holomamba.sales_users WHERE user_id = 99;
UPDATE orders SET paid_at = '2026-06-01' WHERE order_id = 1001;
SELECT events AS paid FROM holomamba.sales_users WHERE user_id = 99;
DELETE FROM order_lines WHERE line_id = 2002;
SELECT events AS less_a_line FROM holomamba.sales_users WHERE user_id = 99;
UPDATE orders SET paid_at = NULL WHERE order_id = 1001;
SELECT count(*) AS taken_back FROM holomamba.sales_users WHERE user_id = 99;
SELECT holomamba.create_model('everything', 'actions', 'customer_id', 'product_id', '{at,action_id}', 'products', 'product_id', '{brand,price}',
         options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('everything');
SELECT count(*) AS items, count(*) FILTER (WHERE item_id IN (SELECT bought FROM actions WHERE customer_id = 5)) AS bought,
       count(*) FILTER (WHERE item_id IN (SELECT product_id FROM actions WHERE customer_id = 5 AND kind = 'view')) > 0 AS looked_at
FROM recommend(5, 17, 'everything', exclude_seen => false, exclude => ARRAY(SELECT bought FROM actions WHERE customer_id = 5 AND kind = 'purchase'));
WITH lists AS (
    SELECT item_id, row_number() OVER (ORDER BY score DESC) AS place, 2.0 AS weight FROM recommend(5, 20, 'purchases', exclude_seen => false)
    UNION ALL
    SELECT item_id, row_number() OVER (ORDER BY score DESC), 1.0 FROM recommend(5, 20, 'everything', exclude_seen => false)
), merged AS (
    SELECT item_id, sum(weight / (60 + place)) AS score FROM lists GROUP BY item_id ORDER BY score DESC LIMIT 10
)
SELECT count(*) AS items, count(DISTINCT item_id) AS different FROM merged;
SET holomamba.model = 'everything';
WITH list AS (
    SELECT name, brand
    FROM recommend(5, 20, exclude_seen => false) JOIN products ON product_id = item_id
    ORDER BY score + CASE brand WHEN 'brand C' THEN 100 ELSE 0 END DESC LIMIT 4
)
SELECT brand, count(*) FROM list GROUP BY brand;
WITH ranked AS (
    SELECT product_id, name, brand, score, row_number() OVER (PARTITION BY brand ORDER BY score DESC, product_id) AS of_brand
    FROM recommend(5, 20, exclude_seen => false) JOIN products ON product_id = item_id
), list AS (
    SELECT * FROM ranked WHERE of_brand <= 2 ORDER BY score DESC, product_id LIMIT 8
)
SELECT brand, count(*) FROM list GROUP BY brand ORDER BY brand;
CREATE TABLE pinned (place integer PRIMARY KEY, product_id bigint NOT NULL REFERENCES products);
INSERT INTO pinned VALUES (1, 17), (2, 4);
WITH list AS (
    SELECT 1 AS part, place AS at, product_id FROM pinned
    UNION ALL
    SELECT 2, row_number() OVER (ORDER BY score DESC), item_id
    FROM recommend(5, 8, exclude_seen => false, exclude => ARRAY(SELECT product_id FROM pinned))
    ORDER BY part, at LIMIT 8
)
SELECT (array_agg(product_id ORDER BY part, at))[:2] AS first_two, count(*) AS items, count(DISTINCT product_id) AS different FROM list;
UPDATE products SET stock = 0 WHERE brand = 'brand A';
SELECT count(*) AS items, bool_and(stock > 0) AS in_stock,
       count(*) FILTER (WHERE EXISTS (SELECT FROM actions a WHERE a.customer_id = 5 AND a.bought = item_id)) AS bought
FROM recommend(5, 10, exclude_seen => false,
               candidates => ARRAY(SELECT product_id FROM products WHERE stock > 0),
               exclude => ARRAY(SELECT bought FROM actions WHERE customer_id = 5 AND kind = 'purchase'))
JOIN products ON product_id = item_id;
SELECT array_agg(item_id) AS shown FROM recommend(5, 6, exclude_seen => false) \gset
SELECT count(*) AS items, count(*) FILTER (WHERE item_id = ANY (:'shown'::bigint[])) AS shown_before
FROM recommend(5, 6, exclude_seen => false, exclude => :'shown');
SELECT holomamba.create_model('variant', 'actions', 'customer_id', 'product_id', '{at,action_id}', 'products', 'product_id', '{brand}',
         options => '{"dimension": 16, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('variant');
CREATE FUNCTION model_of(customer_id bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN hashint8extended(customer_id, 2026) % 2 = 0 THEN 'everything' ELSE 'variant' END
$$;
SELECT count(*) AS lists, count(DISTINCT model) AS models, min(items) AS items
FROM (SELECT model_of(c) AS model, (SELECT count(*) FROM recommend(c, 5, model_of(c))) AS items FROM generate_series(1, 40) AS c) AS asked;
BEGIN; SET LOCAL holomamba.model = 'variant'; SELECT count(*) FROM recommend(5, 5); COMMIT;
CREATE TABLE visits (visit_id bigint PRIMARY KEY, tenant text NOT NULL, user_id bigint NOT NULL, page_id bigint NOT NULL);
CREATE INDEX ON visits (user_id, visit_id);
INSERT INTO visits SELECT i, CASE i % 2 WHEN 0 THEN 'acme' ELSE 'bolt' END, i / 2 % 10, 100 * (i % 2) + i / 20 % 12 FROM generate_series(1, 400) AS i;
ALTER TABLE visits ADD acme_page bigint GENERATED ALWAYS AS (CASE tenant WHEN 'acme' THEN page_id END) STORED,
                   ADD bolt_page bigint GENERATED ALWAYS AS (CASE tenant WHEN 'bolt' THEN page_id END) STORED;
SELECT holomamba.create_model('acme', 'visits', 'user_id', 'acme_page', '{visit_id}',
         options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
SELECT holomamba.create_model('bolt', 'visits', 'user_id', 'bolt_page', '{visit_id}',
         options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('acme');
CALL holomamba.train('bolt');
SELECT tenant, count(*) AS items, count(*) FILTER (WHERE item_id >= 100) AS of_bolt
FROM unnest('{acme,bolt}'::text[]) AS tenant, recommend(3, 5, tenant, exclude_seen => false)
GROUP BY tenant ORDER BY tenant;
SELECT count(*) AS items, count(*) FILTER (WHERE brand = 'brand B') AS of_the_tenant
FROM recommend(5, 3, exclude_seen => false, candidates => ARRAY(SELECT product_id FROM products WHERE brand = 'brand B'))
JOIN products ON product_id = item_id;
BEGIN; SET LOCAL holomamba.model = 'purchases'; SELECT count(*) FROM recommend(5, 3); COMMIT;
SELECT count(*) FROM recommend(5, 3, model => 'purchases');
CREATE SCHEMA api;
CREATE FUNCTION api.recommendations(customer_id bigint, k integer DEFAULT 10)
RETURNS TABLE (product_id bigint, name text, price numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.product_id, p.name, p.price
    FROM recommend(recommendations.customer_id, k, model => 'everything') r JOIN shop.products p ON p.product_id = r.item_id
    ORDER BY r.score DESC, p.product_id;
END;
CREATE ROLE shop_anonymous;
GRANT USAGE ON SCHEMA api, shop TO shop_anonymous;
GRANT SELECT ON products, actions, holomamba.everything_items, holomamba.everything_users TO shop_anonymous;
SET ROLE shop_anonymous; SELECT count(*) FROM api.recommendations(customer_id => 5, k => 3); RESET ROLE;
SET ROLE shop_anonymous; SELECT count(*) FROM holomamba.recommend_text(user_id => '5', k => 3, model => 'everything'); RESET ROLE;
CREATE TABLE documents (id bigint PRIMARY KEY, embedding real[] NOT NULL);
INSERT INTO documents VALUES (1, '{1,0,0,0}'), (2, '{0.9,0.1,0,0}'), (3, '{0,1,0,0}'), (4, '{0,0,0.5,0.5}');
ALTER TABLE documents ADD h hrr(4);
UPDATE documents SET h = l2_normalize(embedding::real[]::hrr);
SELECT id, round((h <=> '[1,0,0,0]')::numeric, 2) AS distance FROM documents ORDER BY h <=> '[1,0,0,0]', id LIMIT 2;
CREATE INDEX documents_h ON documents USING holomamba (h);
SET enable_seqscan = off;  -- four rows are read faster without an index
EXPLAIN (COSTS OFF) SELECT id FROM documents ORDER BY h <#> '[1,0,0,0]' LIMIT 2;
SELECT id FROM documents ORDER BY h <#> '[1,0,0,0]' LIMIT 2;
RESET holomamba.model;
RESET search_path;
RESET enable_seqscan;
DO $$ BEGIN PERFORM holomamba.drop_model(model) FROM unnest('{purchases,sales,everything,variant,acme,bolt}'::text[]) AS model; END $$;
DROP SCHEMA api, shop CASCADE;
DROP ROLE shop_anonymous;
RESET client_min_messages;
