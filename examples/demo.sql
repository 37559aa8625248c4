-- What `make demo` runs.
\set VERBOSITY terse
\pset footer off
\pset null '-'

\echo
\echo ============ 1. Two tables, as a film site has them ============
\echo

CREATE TABLE movies (movie_id bigint PRIMARY KEY, title text NOT NULL, genres text[]);
CREATE TABLE ratings (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id  bigint NOT NULL,
    movie_id bigint NOT NULL REFERENCES movies,
    rated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON ratings (user_id, rated_at, id);

CREATE TEMPORARY TABLE movie_lines (movie_id bigint, title text, genres text);
CREATE TEMPORARY TABLE rating_lines (user_id bigint, movie_id bigint, seconds bigint, line serial);
\set copy_movies '\\copy movie_lines FROM PROGRAM ' :'movies' ' (FORMAT csv, HEADER)'
\set copy_ratings '\\copy rating_lines (user_id, movie_id, seconds) FROM PROGRAM ' :'ratings' ' (FORMAT csv, HEADER)'
:copy_movies
:copy_ratings
INSERT INTO movies SELECT movie_id, title, string_to_array(genres, '|') FROM movie_lines;
INSERT INTO ratings (user_id, movie_id, rated_at) SELECT user_id, movie_id, to_timestamp(seconds) FROM rating_lines ORDER BY line;
ANALYZE movies, ratings;

SELECT (SELECT count(*) FROM movies) AS movies, count(DISTINCT user_id) AS users, count(*) AS ratings FROM ratings;

\echo ============ 2. A recommender on top of them ============
\echo
\set ECHO queries

CREATE EXTENSION holomamba;

SELECT holomamba.create_model('films',
         interactions => 'ratings', user_column => 'user_id', item_column => 'movie_id', order_columns => '{rated_at,id}',
         items => 'movies', item_key => 'movie_id', attributes => '{genres}');

\set ECHO none
\echo
\echo ============ 3. Training (each last rating is held back, to see how good it is) ============
\echo
\set ECHO queries

CALL holomamba.train('films', holdout => 'leave_one_out');

SELECT ranker, users, round(hit_rate::numeric, 4) AS hit_rate, round(ndcg::numeric, 4) AS ndcg,
       round(coverage::numeric, 2) AS coverage
FROM holomamba.evaluate('films');

\set ECHO none
\echo
\echo ============ 4. Recommendations: user 14341 has watched every film of Star Trek ============
\echo
\set ECHO queries

SELECT title, genres FROM ratings JOIN movies USING (movie_id) WHERE user_id = 14341 ORDER BY rated_at DESC, id DESC;

SELECT title, genres, round(score::numeric, 2) AS score
FROM recommend(14341, 8) JOIN movies ON movie_id = item_id ORDER BY score DESC;

\set ECHO none
\echo ============ 5. One INSERT later: something for the children ============
\echo
\set ECHO queries

INSERT INTO ratings (user_id, movie_id) SELECT 14341, movie_id FROM movies WHERE title = 'Toy Story 3 (2010)';

SELECT title, genres, round(score::numeric, 2) AS score
FROM recommend(14341, 8) JOIN movies ON movie_id = item_id ORDER BY score DESC;

\set ECHO none
\echo ============ 6. Films like another ============
\echo
\set ECHO queries

SELECT title, genres, round(similarity::numeric, 2) AS similarity
FROM similar_items((SELECT movie_id FROM movies WHERE title = 'Alien (1979)'), 5) JOIN movies ON movie_id = item_id
ORDER BY similarity DESC;

\set ECHO none
\echo ============ Now it is yours ============
\echo
\echo Nothing but PostgreSQL ran: states and vectors are rows of holomamba.films_users and holomamba.films_items.
\echo Try, once connected, somebody who has never been here:
\echo '    SELECT * FROM recommend(42);'
\echo '    INSERT INTO ratings (user_id, movie_id) VALUES (42, 78748);'
\echo '    SELECT * FROM recommend(42);'

\echo
