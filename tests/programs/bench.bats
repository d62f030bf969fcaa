#!/usr/bin/env bats
# Proves: trkx bench times every part and writes one line of CSV per case; a slightly wrong result is detected and not
# timed; wrong usage is exit code 2; nothing is left behind. Nothing here depends on timing.
load ../helpers

setup_file() {
    make_event 0.0049
    awk 'BEGIN { srand(5); for (i = 0; i < 500; i++) print rand() "," rand() "," rand() }' >"$BATS_FILE_TMPDIR/points.csv"
    export points=$BATS_FILE_TMPDIR/points.csv
}

setup() {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$TMPDIR"
}

# ONNX Runtime leaves files of its own there.
ours() { ls -A "$TMPDIR" | grep -F trkx; }
teardown() { ! ours; }


columns=part,case,threads,repeat,min_seconds,median_seconds,size,unit,rate,nodes,nodes_per_second,bound,bound_seconds,peak_bytes

# trkx bench on the small event and the 500 points, into $csv; its output is in $output.
bench() { # options and parts
    csv=$BATS_TEST_TMPDIR/bench.csv
    rm -f "$csv"
    run --separate-stderr "$TRKX" bench --event "$event" --repeat 2 --csv "$csv" "$@"
    echo "status $status, standard error: $stderr"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(head -n 1 "$csv")" = "$columns" ]
}

# The cases of a CSV, "part/case" separated by spaces.
cases() { tail -n +2 "$csv" | cut -d, -f1,2 | tr ',\n' '/ '; }

@test "bench: --help prints the real defaults" {
    run --separate-stderr "$TRKX" bench --help
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ $output == "usage: trkx bench"* ]]
    [[ $output == *"--bundle DIR"*"($(realpath "$bundle"))"* ]]
    [[ $output == *"--radius R"*"(1)"*"--k K"*"(500)"*"--threads T"*"(0)"*"--repeat N"*"(7)"* ]]
    for part in read embed edges filter gnn components pipeline; do [[ $output == *$'\n'"  $part "* ]]; done
    run "$TRKX" --help
    [[ $output == *$'\n'"  bench "* ]]
}

@test "bench: wrong usage is exit code 2 and one line" {
    cd "$TMPDIR"
    refuses 2 "fly" -- "$TRKX" bench fly
    refuses 2 "fly" -- "$TRKX" bench edges fly
    refuses 2 "--nonsense" -- "$TRKX" bench --nonsense
    refuses 2 "--csv" "value" -- "$TRKX" bench --csv
    refuses 2 "--repeat" -- "$TRKX" bench --repeat 0
    refuses 2 "--threads" "many" -- "$TRKX" bench --threads many
    refuses 2 "--radius" -- "$TRKX" bench --points "$points" --radius 0
    refuses 2 "--k" -- "$TRKX" bench --points "$points" --k 0
    refuses 2 "--points" -- "$TRKX" bench --radius 1
    refuses 2 "--points" -- "$TRKX" bench --k 3 edges
    refuses 2 "--points" -- "$TRKX" bench --points "$points" gnn
}

@test "bench: inputs that cannot be had are exit code 1 and one line" {
    refuses 1 "nowhere-hits.csv" -- "$TRKX" bench --event nowhere read
    refuses 1 "nowhere.npy" -- "$TRKX" bench --points nowhere.npy edges
    refuses 1 "nowhere: is neither a directory nor a bundle" -- "$TRKX" bench --bundle nowhere --event "$event" gnn
    echo "$header_of_hits" >"$BATS_TEST_TMPDIR/none-hits.csv"
    refuses 1 "no hits" -- "$TRKX" bench --event "$BATS_TEST_TMPDIR/none" components
    : >"$BATS_TEST_TMPDIR/none.csv"
    refuses 1 "none.csv" -- "$TRKX" bench --points "$BATS_TEST_TMPDIR/none.csv" edges
}

@test "bench: every part, as a table and as CSV" {
    bench --points "$points" --radius 0.2
    [ "$(cases)" = "read/hits+cells read/all read/hits+cells.gz read/all.gz embed/hits embed/stock-runtime \
edges/points filter/radius-graph filter/stock-runtime gnn/filter-edges gnn/stock-runtime components/gnn-edges \
components/radius-graph pipeline/features pipeline/embed pipeline/edges pipeline/filter pipeline/gnn pipeline/tracks \
pipeline/second_features pipeline/second_embed pipeline/second_edges pipeline/second_filter pipeline/second_tracks \
pipeline/total pipeline/stock-runtime " ]
    [ "$(grep -c 'stock-runtime: [0-9.]* times as long by minima, [0-9.]* by medians' <<<"$output")" = 4 ]
    awk -F, 'NF != 14 || (NR > 1 && ($4 != 2 || !($5 >= 0 && $6 >= $5) || $7 == 0 || $10 == 0)) { exit 1 }' "$csv"
    [[ ${lines[0]} =~ ^trkx\ [0-9.]+,\ ONNX\ Runtime\ [0-9.]+,\ [0-9]+\ threads?, ]]
    for part in read embed edges filter gnn components pipeline; do [[ $output == *$'\n'"$part: checked"* ]]; done
    hits=$(($(wc -l <"$event-hits.csv") - 1))
    [ "$(awk -F, '$1 == "components" { print $10 }' "$csv" | sort -u)" = $hits ]
    [ "$(awk -F, '$1 == "read" && $2 ~ /^all/ { print $7 }' "$csv" | sort -u)" = "$(cat "$event"-*.csv | wc -c)" ]
    # 100 columns, but for the line that has the event's path
    awk 'length($0) > 100 && !/^event/ || / $/ { print "too long, or ends in a blank: " $0; exit 1 }' <<<"$output"
}

@test "bench: the named parts only, in the order of the data flow" {
    bench components embed
    [ "$(cases)" = "embed/hits embed/stock-runtime components/gnn-edges components/radius-graph " ]
    bench gnn --threads 1 --repeat 3 --kernels stock
    [ "$(cases)" = "gnn/filter-edges " ]
    [ "$(tail -n 1 "$csv" | cut -d, -f3,4)" = 1,3 ]
}

@test "bench edges: the pairs of other people's points are those of stage radius" {
    for k in 1 5 500; do
        "$TRKX" stage radius --radius 0.2 --k $k --out "$BATS_TEST_TMPDIR/edges.csv" "$points"
        bench edges --points "$points" --radius 0.2 --k $k
        pairs=$(head -n 1 "$BATS_TEST_TMPDIR/edges.csv" | tr ',' '\n' | wc -l)
        [ "$(tail -n 1 "$csv" | cut -d, -f1,2,7,8,10)" = "edges,points,$pairs,pairs,500" ]
    done
}

@test "bench edges: 100,000 made-up points, and the event's embedding" {
    skip_where_slow
    bench edges
    [ "$(cases)" = "edges/clusters edges/event-16 edges/event-bundle " ]
    [ "$(sed -n 2p "$csv" | cut -d, -f10)" = 100000 ]
    at_least "$(sed -n 2p "$csv" | cut -d, -f7)" 1300000 # 27 neighbours each
    at_least 1400000 "$(sed -n 2p "$csv" | cut -d, -f7)"
    awk -F, '$2 == "event-16" { mean = 2 * $7 / $10; exit !(mean > 15 && mean < 17) }' "$csv"
}

# Keeps the first lines of the copy's hits, and their cells.
shorten() { # lines
    sed -i "${1}q" "$copy-hits.csv"
    awk -F, 'NR == FNR { there[$1]; next } $1 in there' "$copy-hits.csv" "$copy-cells.csv" >"$copy-cells"
    mv "$copy-cells" "$copy-cells.csv"
}

@test "bench: an event of one hit, and one without truth and particles" {
    copy_event
    rm "$copy"-{truth,particles}.csv
    event=$copy bench embed components pipeline
    mv "$copy-cells.csv" "$copy-no-cells.csv"
    event=$copy bench read
    [ "$(cases)" = "read/hits read/all read/hits.gz read/all.gz " ]
    mv "$copy-no-cells.csv" "$copy-cells.csv"
    shorten 3
    event=$copy bench --points "$points"
    shorten 2
    event=$copy bench --points "$points"
}

@test "bench: no CSV where it cannot be written" {
    run --separate-stderr "$TRKX" bench --event "$event" --repeat 1 --csv "$BATS_TEST_TMPDIR/no/where.csv" components
    [ "$status" -eq 1 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *"no/where.csv"* ]]
}

@test "bench read: nothing is left where the temporary directory is missing, or after an interrupt" {
    TMPDIR=$BATS_TEST_TMPDIR/missing run --separate-stderr "$TRKX" bench --event "$event" read
    [ "$status" -eq 1 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *"$BATS_TEST_TMPDIR/missing/trkx-bench-"* ]]
    "$TRKX" bench --event "$event" --repeat 1000000 --csv "$BATS_TEST_TMPDIR/x.csv" read \
        >/dev/null 2>"$BATS_TEST_TMPDIR/error" 3>&- &
    until ours; do sleep 0.05; done
    kill -TERM $!
    if wait $!; then return 1; fi
    [ "$(cat "$BATS_TEST_TMPDIR/error")" = "trkx: bench: interrupted" ]
    [ ! -e "$BATS_TEST_TMPDIR/x.csv" ]
}

# ---- the checks find what is wrong ----------------------------------------------------------------------

# With one function spoilt from its n-th call on, the part fails with one line, which holds the text; that case
# has no times, and there is no CSV.
finds() { # function n text... -- part [options]
    local function=$1 after=$2 texts=() text
    shift 2
    while [ "$1" != -- ]; do texts+=("$1"); shift; done
    shift
    run --separate-stderr env SPOIL="$function" SPOIL_AFTER="$after" \
        "$SPOILT" bench --event "$event" --repeat 2 --csv "$BATS_TEST_TMPDIR/x.csv" "$@"
    echo "status $status, standard error: $stderr"
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    for text in "${texts[@]}"; do [[ $stderr == *"$text"* ]]; done
    [[ $output == *"$1: checked"* ]]
    [[ $output != *%* ]]
    [ ! -e "$BATS_TEST_TMPDIR/x.csv" ]
}

@test "bench: a result that is a little wrong is found, and not timed" {
    [ "$TRKX_SANITIZE" = coverage ] || skip_where_slow
    finds event_read 2 "read, hits+cells" "layer_id" -- read
    finds embed 1 "embed, hits" -- embed
    finds filter 1 "filter, radius-graph" -- filter
    finds gnn 1 "gnn, filter-edges" -- gnn
    finds components 1 "components, gnn-edges" -- components
    # each of 200 points is a sample: no edge can be lost or changed unseen
    head -n 200 "$points" >"$BATS_TEST_TMPDIR/few.csv"
    for k in 2 500; do
        finds lost_edge 1 "edges, points" "lack an edge" -- edges --points "$BATS_TEST_TMPDIR/few.csv" --radius 0.3 --k $k
        finds other_edge 1 "edges, points" -- edges --points "$BATS_TEST_TMPDIR/few.csv" --radius 0.3 --k $k
    done
    # the same in a later run only
    finds lost_edge 2 "another run" -- edges --points "$points"
    finds embed 2 "second run" -- embed
    finds components 2 "components, gnn-edges" -- components
    finds pipeline_run 3 "pipeline" "second run" -- pipeline
}

@test "bench pipeline: other tracks with another number of threads are found" {
    [ "$TRKX_SANITIZE" = coverage ] || skip_where_slow
    run --separate-stderr env SPOIL=pipeline_run SPOIL_AFTER=2 "$SPOILT" bench --event "$event" pipeline
    [ "$status" -eq 1 ]
    [ "$stderr" = "trkx: bench: pipeline: another number of threads gives different tracks" ]
}
