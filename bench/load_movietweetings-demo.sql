-- MovieTweetings, demo set: the same columns as MovieLens-1M.
\ir load_ml-1m.sql
