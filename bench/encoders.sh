#!/usr/bin/env bash
# The encoders of GRU4Rec and SASRec in the place of ours (option "block"): how well they recommend, and what they cost.
#
#   bench/encoders.sh accuracy [SET ...]     ml-100k and movietweetings-100k
#   bench/encoders.sh paper
#   bench/encoders.sh exchanged [SET ...]
#   bench/encoders.sh cost
#
# accuracy: GRU4Rec and SASRec know items alone, without attributes. Their learning rate, then their dropout, then their
# lookahead are those that the validation events like best (one seed); what is printed is the test with those and seeds 42, 43,
# 44, beside our default options. Leave one out, P-excl, full ranking.
#
#   RATES, DROPOUTS, LOOKAHEADS   what is tried (0.002 0.004 0.008; 0.35 0.2 0.5; 0 0.5. paper: 0.001 0.002 0.004; 0 0.2; always 0)
#
# paper: the paper's table anew. Its protocol on MovieLens-1M (all 3,706 rated films, the last 50 events of each user, 10 epochs, no
# validation event, P-open), its variant of our block with the first genre, and the encoders of GRU4Rec and SASRec with items alone,
# two layers, of the same dimension. Learning rate, then dropout, of all three are those that validation events like best after the
# tenth epoch (P-excl, one seed); then all train without them.
#
# exchanged: the default options, attributes and all, with another block and nothing else.
#
# cost: of each block, two layers of dimension 64, states in float16: the bytes of a user's row beside its table of long
# values, microseconds of an event in ssm_update() and of recommend() with seen items (median of 300), by the length of the history;
# 10,000 items. The last lines are what the attention block costs where nothing is kept and each recommendation encodes the history anew.
# shellcheck source=bench/common.sh
source "$(dirname "$0")/common.sh"

mode=${1:?accuracy, paper, exchanged or cost}
shift
seeds=(42 43 44)
read -r -a dropouts <<<"${DROPOUTS:-0.35 0.2 0.5}"
read -r -a lookaheads <<<"${LOOKAHEADS:-0 0.5}"
rates=${RATES:-0.002 0.004 0.008}
exclude_seen=true
judged=best_epoch  # or epochs: the last one

# train MODEL OPTIONS: a version with these options, active.
train() {
    server_psql -q -d bench -c "SET client_min_messages = warning" -c "CALL holomamba.train('$1', holdout => 'leave_one_out', options => '{$2}')"
}

# Validation of the active version of a model.
validation() {
    server_psql -d bench -At -F ' ' -c "SELECT round(l.ndcg::numeric, 4), round(l.hit_rate::numeric, 4) FROM holomamba.versions v
        JOIN holomamba.training_log l ON (l.model, l.version, l.epoch) = (v.model, v.version, v.$judged) WHERE v.model = '$1' AND v.active"
}

forget() {
    server_psql -q -d bench -c "SELECT holomamba.forget_version('$1', version) FROM holomamba.versions WHERE model = '$1' AND NOT active" >/dev/null
}

# test_line NAME MODEL OPTIONS: a row of the table, with every seed.
test_line() {
    local seed line
    line="| $1 |"
    for seed in "${seeds[@]}"; do
        train "$2" "$3\"seed\": $seed"
        line+=" $(server_psql -d bench -At -F ' / ' -c "SELECT round(hit_rate::numeric, 4), round(ndcg::numeric, 4) FROM holomamba.evaluate('$2', 10, $exclude_seen) WHERE ranker LIKE 'model %'") |"
        forget "$2"
    done
    echo "$line"
}

# tried MODEL BLOCK OPTIONS RATE DROPOUT LOOKAHEAD: trains so, says what validation found, and keeps in $best what is best so far.
tried() {
    local options found
    options="\"block\": \"$2\", $3\"learning_rate\": $4, \"dropout\": $5, \"lookahead\": $6, "
    train "$1" "$options\"seed\": 42"
    found=$(validation "$1")
    echo "| $2 | $4 | $5 | $6 | ${found#* } / ${found% *} |"
    if [[ $(awk -v a="${found% *}" -v b="$best_ndcg" 'BEGIN { print (a > b) }') == 1 ]]; then
        best_ndcg=${found% *} best=$options best_rate=$4 best_dropout=$5
    fi
    forget "$1"
}

# tune MODEL BLOCK OPTIONS: the options with the best validation, in $best: the best rate, then the best dropout, then the best
# lookahead.
tune() {
    local rate dropout lookahead best_ndcg=0 best_rate best_dropout
    for rate in $rates; do tried "$@" "$rate" "${dropouts[0]}" "${lookaheads[0]}"; done
    for dropout in "${dropouts[@]:1}"; do tried "$@" "$best_rate" "$dropout" "${lookaheads[0]}"; done
    for lookahead in "${lookaheads[@]:1}"; do tried "$@" "$best_rate" "$best_dropout" "$lookahead"; done
}

validations() {
    printf '\n%s, validation, seed 42:\n\n| block | learning_rate | dropout | lookahead | hit_rate@10 / ndcg@10 |\n| --- | --- | --- | --- | --- |\n' "$1"
}

# tests TITLE: the head of a table of tests.
tests() {
    printf '\n%s, test:\n\n| | seed %s | seed %s | seed %s |\n| --- | --- | --- | --- |\n' "$1" "${seeds[@]}"
}

# load SET ATTRIBUTE: models `films`, with the attribute, and `plain`.
load() {
    bench_load bench "$1" 1
    server_psql -q -d bench -c "SET client_min_messages = warning; SELECT holomamba.create_model('films', 'events', 'user_id', 'item_id',
        '{id}', 'items', 'item_id', '{$2}'), holomamba.create_model('plain', 'events', 'user_id', 'item_id', '{id}')" >/dev/null
    # Where histories or windows are short, a long span only makes states long.
    span=50
    [[ $1 != ml-100k ]] || span=200
}

accuracy() {
    local set span best best_gru options
    for set in "$@"; do
        load "$set" genres
        options='"expand": 1, "item_dropout": 0, "patience": 4, '
        validations "$set"
        tune plain gru "$options"
        best_gru=$best
        tune plain attention "$options\"attention_span\": $span, "
        tests "$set"
        test_line "default options" films ''
        test_line "GRU4Rec, tuned" plain "$best_gru"
        test_line "SASRec, tuned" plain "$best"
        as_server_user dropdb -h "$server_work" -U postgres bench
    done
}

paper() {
    local span best best_mamba best_gru options="$paper, \"epochs\": 10, \"patience\": 10, \"validation\": \"on\", " final='"validation": "off", '
    load ml-1m first_genre
    rates=${RATES:-0.001 0.002 0.004} exclude_seen=false judged=epochs lookaheads=(0)
    read -r -a dropouts <<<"${DROPOUTS:-0 0.2}"
    validations "ml-1m"
    tune films mamba "$options\"layers\": 3, "
    best_mamba=$best
    # The other blocks have no state_size and no conv_width: these are the defaults.
    options+='"expand": 1, "layers": 2, "state_size": 1, "conv_width": 3, '
    tune plain gru "$options"
    best_gru=$best
    tune plain attention "$options\"feed_forward\": 1, \"attention_span\": $span, "
    tests "ml-1m"
    test_line "HoloMambaRec" films "$best_mamba$final"
    test_line "GRU4Rec" plain "$best_gru$final"
    test_line "SASRec" plain "$best$final"
}

exchanged() {
    local set span
    for set in "$@"; do
        load "$set" genres
        tests "$set"
        test_line "default options" films ''
        test_line "\`block\` \`gru\`" films '"block": "gru", '
        test_line "\`block\` \`attention\`" films "\"block\": \"attention\", \"attention_span\": $span, "
        as_server_user dropdb -h "$server_work" -U postgres bench
    done
}

cost() {
    as_server_user createdb -h "$server_work" -U postgres bench
    server_psql -q -d bench -f bench/encoders.sql
    local block
    printf '\n| block | history | row of a user | an event | recommend() |\n| --- | --- | --- | --- | --- |\n'
    for block in mamba gru attention; do
        server_psql -q -d bench -At -v block="$block" <<'SQL'
SET client_min_messages = warning;
CALL holomamba.train('bench', epochs => 1, options => jsonb_build_object('block', :'block', 'batch_size', 16));
SELECT format('| `%s` | %s | %s B | %s µs | %s µs |', :'block', to_char(c.history, 'FM999,999'), to_char(c.bytes, 'FM999,999'), round(c.event), round(c.recommend)) FROM cost() c;
SQL
    done
    server_psql -q -d bench -At -c "SELECT format('| \`attention\`, nothing kept | %s | 0 B | 0 µs | %s µs |', to_char(history, 'FM999,999'), round(recommend)) FROM cost_anew()"
}

bench_server fsync=off synchronous_commit=off
bench_machine
[[ $mode == cost || $mode == paper || $# -gt 0 ]] || set -- ml-100k movietweetings-100k
"$mode" "$@"
