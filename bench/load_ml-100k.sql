-- MovieLens-100k: the same columns as MovieLens-1M.
\ir load_ml-1m.sql
