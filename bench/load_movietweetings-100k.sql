-- MovieTweetings, 100,000 ratings: the same columns as MovieLens-1M.
\ir load_ml-1m.sql
