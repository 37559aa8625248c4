#!/usr/bin/env bash
# What options do: validation of the default options with some of them changed. Prints a Markdown table.
#
#   bench/options.sh SET OPTIONS ...    SET: ml-1m (3,416 items), amazon-beauty, ml-100k or movietweetings-100k
#                                       OPTIONS: such as '"lookahead": 0'; '' for the default options
#
#   SEEDS   42 43
#
# Leave one out, P-excl, full ranking: hit_rate@10 / ndcg@10 on the validation events at the best epoch. The test events are not
# looked at.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

set=${1:?a data set}
shift
min_count=1 attribute=genres
[[ $set != ml-1m ]] || min_count=5
[[ $set != amazon-beauty ]] || attribute=attribute_ids
read -r -a seeds <<<"${SEEDS:-42 43}"

bench_server fsync=off synchronous_commit=off
bench_machine
bench_load bench "$set" "$min_count"
server_psql -q -d bench -c "SET client_min_messages = warning; SELECT holomamba.create_model('films', 'events', 'user_id', 'item_id',
    '{id}', 'items', 'item_id', '{$attribute}')" >/dev/null
printf '\n| %s |%s\n| --- |%s\n' "$set" "$(printf ' seed %s |' "${seeds[@]}")" "$(printf ' --- |%.0s' "${seeds[@]}")"
for options; do
    line="| ${options:-default options} |"
    for seed in "${seeds[@]}"; do
        server_psql -q -d bench -c "SET client_min_messages = warning" \
            -c "CALL holomamba.train('films', holdout => 'leave_one_out', options => '{${options:+$options, }\"seed\": $seed}')"
        line+=" $(server_psql -d bench -At -F ' / ' -c "SELECT round(hit_rate::numeric, 4), round(ndcg::numeric, 4) FROM holomamba.versions WHERE active") |"
    done
    echo "$line"
done
