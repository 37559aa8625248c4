-- MovieTweetings, from examples/: the same columns as MovieLens.
\ir load_ml-1m.sql
