-- Amazon Beauty 5-core: reviews, in the order of the file, and the products; modulo is the paper's made-up attribute.
CREATE TABLE lines (user_id integer, item_id integer, seconds bigint, id serial);
CREATE TABLE item_lines (item_id integer, asin text, brand text, categories text, attribute_ids text, title text);
\set from_interactions '\\copy lines (user_id, item_id, seconds) FROM ' :'interactions' ' (FORMAT csv, HEADER)'
\set from_items '\\copy item_lines FROM ' :'items' ' (FORMAT csv, HEADER)'
:from_interactions
:from_items
CREATE TABLE items AS
    SELECT item_id, brand, string_to_array(categories, '|') AS categories, string_to_array(attribute_ids, '|') AS attribute_ids,
           item_id % 50 AS modulo
    FROM item_lines WHERE item_id IN (SELECT item_id FROM lines GROUP BY 1 HAVING count(*) >= :min_count);
CREATE TABLE events AS SELECT user_id, item_id, seconds, id FROM lines WHERE item_id IN (SELECT item_id FROM items) ORDER BY id;
ALTER TABLE items ADD PRIMARY KEY (item_id);
CREATE INDEX ON events (user_id, id);
DROP TABLE lines, item_lines;
VACUUM ANALYZE;
CREATE EXTENSION holomamba;
