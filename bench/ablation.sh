#!/usr/bin/env bash
# What attributes bring: the default options with items alone, with one attribute, with all, bound, added, and both.
#
#   bench/ablation.sh [SET [SEED]]    amazon-beauty (the default), ml-1m, ml-100k or movietweetings-100k; seed 42
#
# Leave one out, P-excl, full ranking; validation at the best epoch, and the test.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

set=${1:-amazon-beauty}
seed=${2:-42}
min_count=1
case $set in
    amazon-beauty) variants=('items alone||both' 'brand|brand|both' 'categories|categories|both' 'brand, categories|brand,categories|both'
        'brand and categories as one set|attribute_ids|both' 'the same, bound only|attribute_ids|bound' 'the same, added only|attribute_ids|added') ;;
    ml-1m) min_count=5 ;&
    *) variants=('items alone||both' 'genres|genres|both' 'genres, bound only|genres|bound' 'genres, added only|genres|added') ;;
esac

bench_server fsync=off synchronous_commit=off
bench_machine
bench_load bench "$set" "$min_count"
printf '\n%s, seed %s, hit_rate@10 / ndcg@10:\n\n| attributes | validation | test |\n| --- | --- | --- |\n' "$set" "$seed"
for variant in "${variants[@]}"; do
    IFS='|' read -r name columns attributes <<<"$variant"
    server_psql -q -d bench -At -v name="$name" -v columns="$columns" -v attributes="$attributes" -v seed="$seed" <<'SQL'
SET client_min_messages = warning;
SELECT holomamba.create_model('films', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', ('{' || :'columns' || '}')::name[]) \g /dev/null
CALL holomamba.train('films', holdout => 'leave_one_out', options => jsonb_build_object('attributes', :'attributes', 'seed', :seed));
SELECT format('| %s | %s / %s | %s / %s |', :'name', round(v.hit_rate::numeric, 4), round(v.ndcg::numeric, 4), round(e.hit_rate::numeric, 4), round(e.ndcg::numeric, 4))
FROM holomamba.versions v, holomamba.evaluate('films') e WHERE v.active AND e.ranker LIKE 'model %';
SELECT holomamba.drop_model('films') \g /dev/null
SQL
done
