#!/usr/bin/env bats
# Proves: the program's commands do what their help says: on events given as prefix, file or directory, step by step
# or at once, with the same bytes for any number of threads; wrong usage is exit code 2 and one line.
load ../helpers

setup_file() { make_event 0.0082; }

# ---- help and usage ------------------------------------------------------------------------------------

@test "help: each command prints its real defaults" {
    run "$TRKX" --help
    [ "$status" -eq 0 ]
    for command in run stage evaluate simulate model; do
        [[ $output == *"$command"* ]]
        run --separate-stderr "$TRKX" "$command" --help
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [[ $output == "usage: trkx $command"* ]]
        [ "$("$TRKX" $command -h)" = "$output" ]
        [ "$("$TRKX" help $command)" = "$output" ]
        run "$TRKX" --help
    done
    [ "$("$TRKX" help)" = "$output" ]
    [ "$("$TRKX" help help)" = "$output" ]
    [ "$("$TRKX" help model import)" = "$("$TRKX" model import -h)" ]
    run "$TRKX" run --help
    [[ $output == *"--threads T"*"(0)"*"--jobs J"*"(1;"*"--kernels KERNELS"*"(trkx)"*"--filter-batch N"*"(0)"* ]]
    if [ -n "${TRKX_BUNDLE:-}" ]; then default=$TRKX_BUNDLE; else
        default="the first that suits the event of $(realpath "$repository")/models/default, positions"
    fi
    [[ $output == *"--bundle DIR"*"($default)"* ]]
    run "$TRKX" stage --help
    [[ $output == *"--radius R"*"(1)"*"--k K"*"(500)"*"--cut C"*"(0.5)"*"--min-hits N"*"(3)"* ]]
    run "$TRKX" simulate --help
    [[ $output == *"--particles N"*"(12263"*"--sigma-z MM"*"(5.3)"*"--density F"*"(1)"* ]]
    run "$TRKX" evaluate --help
    [[ $output == *"--min-hits N"*"(3)"*"--match F"*"(0.5)"* ]]
}

@test "scripts look at their arguments before they install or build" {
    for wrong in "bench --hepl" "bench --repeat" "bench radius" "demo a b" "demo --x" "build x" "setup --x" "test x" \
        "train x" "abi --x" "abi --check a b" "fresh sid"; do
        run --separate-stderr timeout 5 "$repository/scripts/"$wrong
        echo "$wrong: $status $stderr"
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        [[ $stderr == *"usage: scripts/${wrong%% *}"* ]]
    done
}

@test "version: trkx and its ONNX Runtime" {
    run "$TRKX" --version
    [ "$status" -eq 0 ]
    [[ ${lines[0]} =~ ^trkx\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    [[ ${lines[1]} =~ ^ONNX\ Runtime\ 1\.[0-9]+\.[0-9]+$ ]]
}

@test "wrong usage is exit code 2 and one line" {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
    refuses 2 "fly" -- "$TRKX" fly
    refuses 2 "evalute" "did you mean evaluate" -- "$TRKX" evalute
    refuses 2 "simu" "did you mean simulate" -- "$TRKX" help simu
    refuses 2 "raduis" "did you mean radius" -- "$TRKX" stage raduis
    refuses 2 "chekc" "did you mean check" -- "$TRKX" model chekc
    refuses 2 "pipline" "did you mean pipeline" -- "$TRKX" bench pipline
    refuses 2 "--filer-cut" "did you mean --filter-cut" -- "$TRKX" run --filer-cut=0.5 "$event"
    refuses 2 "--partciles" "did you mean --particles" -- "$TRKX" simulate --partciles 5
    refuses 2 "--filter-cut or --filter-batch" -- "$TRKX" run --filter 0.5 "$event"
    refuses 2 "no value" -- "$TRKX" run --verbose=1 "$event"
    refuses 2 "no option -x" -- "$TRKX" run -x "$event"
    refuses 2 "EVENT" -- "$TRKX" run
    refuses 2 "--threads" "many" -- "$TRKX" run --threads many "$event"
    for threads in -1 1e3 18446744073709551617; do
        refuses 2 "--threads: \"$threads\" is not a whole number from 0 to 2147483647 (see trkx run --help)" -- \
            "$TRKX" run --threads $threads "$event"
    done
    refuses 2 "--seed: \"-1\" is not a whole number from 0 to 18446744073709551615 (see trkx simulate --help)" -- \
        "$TRKX" simulate --seed -1
    refuses 2 "\"extra\" is one argument too many" -- "$TRKX" help run extra
    refuses 2 "\"extra\" is one argument too many" -- "$TRKX" help model import extra
    refuses 2 "\"extra\" is one argument too many" -- "$TRKX" evaluate "$event" tracks.csv extra
    refuses 2 "rd" "did you mean read?" -- "$TRKX" bench rd
    refuses 2 "model check: no FILE given (see trkx model --help)" -- "$TRKX" model check
    refuses 2 "stage embed: needs EVENT" -- "$TRKX" stage embed --out x.npy
    refuses 2 "--filter-batch" -- "$TRKX" run --filter-batch -1 "$event"
    refuses 2 "--kernels: fast" -- "$TRKX" run --kernels fast "$event"
    for jobs in 0 -1 2.5 two ""; do refuses 2 "--jobs" -- "$TRKX" run --jobs "$jobs" "$event"; done
    refuses 2 "stage: name one of features, embed" -- "$TRKX" stage
    refuses 2 "fly" -- "$TRKX" stage fly --out x.npy a.npy
    refuses 2 "--out" -- "$TRKX" stage radius a.npy
    refuses 2 "radius" -- "$TRKX" stage radius --out x.npy
    refuses 2 "stage radius: takes POINTS: \"b.npy\" is one argument too many" -- \
        "$TRKX" stage radius --out x.npy a.npy b.npy
    refuses 2 "--radius" "-1" -- "$TRKX" stage radius --radius -1 --out x.npy a.npy
    refuses 2 "--radius" "from 1.1e-19 to 1.8e+19" -- "$TRKX" stage radius --radius 3e19 --out x.npy a.npy
    refuses 2 "--radius" "nan" -- "$TRKX" stage radius --radius nan --out x.npy a.npy
    refuses 2 "--k" -- "$TRKX" stage radius --k 0 --out x.npy a.npy
    refuses 2 "--network" -- "$TRKX" stage features --network brain --out x.npy "$event"
    refuses 2 "TRACKS" -- "$TRKX" evaluate "$event"
    refuses 2 "--match" -- "$TRKX" evaluate --match 0.4 "$event" tracks.csv
    refuses 2 "--events" -- "$TRKX" simulate --events 0
    refuses 2 "--seed" -- "$TRKX" simulate --seed x
    refuses 2 "simulate: --particles and --pileup both" -- "$TRKX" simulate --particles 5 --pileup 2
    refuses 2 "\"surplus\" is one too many" -- "$TRKX" simulate surplus
    is_empty .
}

@test "an option that does not exist, or lacks its value, is exit code 2" {
    for command in run stage evaluate simulate model; do
        refuses 2 "--nonsense" -- "$TRKX" $command --nonsense
        [ $command = evaluate ] || refuses 2 "--out" "value" -- "$TRKX" $command --out
    done
}

@test "without arguments: the help on standard error, exit code 2" {
    run --separate-stderr "$TRKX"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == *usage* ]]
}

# ---- run -----------------------------------------------------------------------------------------------

@test "run: silent in a pipe, writes tracks and a ledger" {
    run "$TRKX" run --out "$(out)/deep/er" "$event"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ "$(cd "$(out)/deep/er" && echo *)" = "event000001000-ledger.json event000001000-tracks.csv" ]
    tracks=$(out)/deep/er/event000001000-tracks.csv
    ledger=$(out)/deep/er/event000001000-ledger.json
    [ "$(head -n 1 "$tracks")" = hit_id,track_id ]
    hits=$(($(wc -l <"$event-hits.csv") - 1))
    [ $(($(wc -l <"$tracks") - 1)) -eq $hits ]
    [ "$(cut -d, -f1 "$tracks")" = "$(cut -d, -f1 "$event-hits.csv")" ]
    [ "$(number "$ledger" hits)" -eq $hits ]
    [ "$(number "$ledger" threads)" -eq "$(env -u OMP_NUM_THREADS nproc)" ]
    [ "$(number "$ledger" tracks)" -gt 0 ]
    [ "$(number "$ledger" tracks)" -eq "$(tail -n +2 "$tracks" | cut -d, -f2 | sort -n | tail -n 1)" ]
    for step in hits features embed edges filter gnn tracks total; do grep -q "\"name\": \"$step\"" "$ledger"; done
    grep -q edge_efficiency "$ledger"
}

@test "run: tracks count from 1 in the order of their first hits" {
    "$TRKX" run --out "$(out)" "$event"
    awk -F, 'NR > 1 && $2 > last { if ($2 != last + 1) exit 1; last = $2 }' "$(out)/event000001000-tracks.csv"
}

@test "run: the event as prefix, as one of its files, in a directory, gzipped: the same tracks" {
    "$TRKX" run --out "$(out)/prefix" "$event"
    "$TRKX" run --out "$(out)/file" "$event-hits.csv"
    "$TRKX" run --out "$(out)/truth" "$event-truth.csv"
    "$TRKX" run --out "$(out)/directory" "$(dirname "$event")"
    copy_event
    gzip "$copy"-*.csv
    "$TRKX" run --out "$(out)/gzip" "$copy"
    "$TRKX" run --out "$(out)/gzip-file" "$copy-hits.csv.gz"
    for way in file truth directory gzip gzip-file; do
        cmp "$(out)/prefix/event000001000-tracks.csv" "$(out)/$way/event000001000-tracks.csv"
    done
}

@test "run: several events and directories" {
    "$TRKX" simulate --events 2 --first 5 --density 0.0016 --out "$BATS_TEST_TMPDIR/two"
    "$TRKX" run --out "$(out)" "$BATS_TEST_TMPDIR/two" "$event"
    [ "$(ls "$(out)" | wc -l)" -eq 6 ]
    for name in event000000005 event000000006 event000001000; do
        [ -e "$(out)/$name-tracks.csv" ]
        grep -q "\"event\": \"$name\"" "$(out)/$name-ledger.json"
    done
}

@test "run: --verbose prints the steps" {
    run "$TRKX" run --verbose --out "$(out)" "$event"
    [ "$status" -eq 0 ]
    for step in hits features embed edges filter gnn tracks total; do [[ $output == *"$step"* ]]; done
    [[ $output == *"$(out)/event000001000-tracks.csv"* ]]
}

@test "run: --filter-cut, --gnn-cut, --method and --min-hits stand for those of the bundle" {
    copy_bundle
    jq '.filter.cut = 0.3 | .gnn.cut = 0.25 | .tracks.method = "walkthrough" | .tracks.min_hits = 5' \
        "$bundle/bundle.json" >"$spoilt/bundle.json"
    "$TRKX" run --threads 1 --bundle "$spoilt" --out "$(out)/bundle" "$event"
    "$TRKX" run --threads 1 --filter-cut 0.3 --gnn-cut 0.25 --method walkthrough --min-hits 5 --out "$(out)/options" "$event"
    cmp "$(out)/bundle/event000001000-tracks.csv" "$(out)/options/event000001000-tracks.csv"
    diff <(ledgers "$(out)/bundle") <(ledgers "$(out)/options")
    [ "$(jq -c .settings "$(out)/options/event000001000-ledger.json")" = \
        '{"filter_cut":0.3,"gnn_cut":0.25,"method":"walkthrough","completes":true,"min_hits":5}' ]
    "$TRKX" run --out "$(out)/plain" "$event"
    run cmp -s "$(out)/plain/event000001000-tracks.csv" "$(out)/options/event000001000-tracks.csv"
    [ "$status" -eq 1 ]
    refuses 2 "--gnn-cut" "1.5" -- "$TRKX" run --gnn-cut 1.5 "$event"
    refuses 2 "--filter-cut" "-0.1" -- "$TRKX" run --filter-cut -0.1 "$event"
    refuses 2 "--method" "guess" "walkthrough" -- "$TRKX" run --method guess "$event"
    refuses 2 "--min-hits" -- "$TRKX" run --min-hits 0 "$event"
}

@test "run: ledger and screen tell what labelling did" {
    copy_bundle
    jq '.embedding.k = 4' "$bundle/bundle.json" >"$spoilt/bundle.json" # so that hits have more neighbours
    "$TRKX" run --bundle "$spoilt" --verbose --out "$(out)" "$event" >"$BATS_TEST_TMPDIR/screen"
    on_tracks=$(awk -F, 'NR > 1 && $2 > 0' "$(out)/event000001000-tracks.csv" | wc -l)
    step=$(jq -c '.steps[] | select(.name == "tracks")' "$(out)/event000001000-ledger.json")
    second=$(jq -c '.steps[] | select(.name == "second_tracks")' "$(out)/event000001000-ledger.json")
    [ "$(jq .hits_on_tracks <<<"$second")" -eq "$on_tracks" ]
    [ "$(jq .hits_on_tracks <<<"$step")" -lt "$on_tracks" ]
    [ "$(jq .tracks <<<"$second")" -eq "$(number "$(out)/event000001000-ledger.json" tracks)" ]
    [ "$(jq -r .method.name <<<"$step")" = "$(jq -r .tracks.method "$bundle/bundle.json")" ]
    grep -q "$(jq -r '.method | "\(.name), .*: \(.tracks) tracks with \(.hits_on_tracks) hits"' <<<"$step")" "$BATS_TEST_TMPDIR/screen"
    grep -q "$(jq -r '"completed: \(.tracks) tracks with \(.hits_on_tracks) hits"' <<<"$step")" "$BATS_TEST_TMPDIR/screen"
    grep -q "second pass: $(jq .tracks <<<"$second") tracks with $on_tracks hits" "$BATS_TEST_TMPDIR/screen"
    saturated=$(jq .saturated_hits "$(out)/event000001000-ledger.json")
    [ "$saturated" -gt 0 ]
    grep -q "$saturated hits have more than k neighbours within the radius and keep the k nearest" "$BATS_TEST_TMPDIR/screen"
}

@test "run: the same bytes whatever the threads and the filter's batches" {
    "$TRKX" run --threads 1 --out "$(out)/one" "$event"
    for threads in 0 2 4; do
        "$TRKX" run --threads $threads --out "$(out)/several" "$event"
        cmp "$(out)/one/event000001000-tracks.csv" "$(out)/several/event000001000-tracks.csv"
    done
    "$TRKX" run --filter-batch 500 --out "$(out)/several" "$event"
    cmp "$(out)/one/event000001000-tracks.csv" "$(out)/several/event000001000-tracks.csv"
}

# ---- several events at once ----------------------------------------------------------------------------

# Seven events of different sizes: the order in which they are done is not that in which they begin.
several_events() {
    local number=0 density
    for density in .0245 .0016 .0016 .0082 .0016 .0163 .0016; do
        number=$((number + 1))
        "$TRKX" simulate --first $number --density $density --out "$BATS_TEST_TMPDIR/in"
    done
}

# All that does not depend on the clock, from ledgers and from the screen.
ledgers() { # directory
    jq -S 'del(.. | .seconds?, .cpu_seconds?)' "$1"/*-ledger.json
}
without_times() {
    sed 's|/[0-9]*/event|/event|' | awk '/peak memory/ { next } /^  [a-z_]+ +[0-9]+ +[0-9]+ / { $4 = $5 = "" } { print }'
}

@test "run: --jobs gives the same tracks, ledgers and messages, in the same order" {
    several_events
    for jobs in 1 2 3; do
        "$TRKX" run --jobs $jobs --threads 1 --verbose --out "$(out)/$jobs" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/screen$jobs"
        [ "$(ls "$(out)/$jobs" | wc -l)" -eq 14 ]
        for tracks in "$(out)"/1/*-tracks.csv; do cmp "$tracks" "$(out)/$jobs/$(basename "$tracks")"; done
        diff <(ledgers "$(out)/1") <(ledgers "$(out)/$jobs")
        diff <(without_times <"$BATS_TEST_TMPDIR/screen1") <(without_times <"$BATS_TEST_TMPDIR/screen$jobs")
    done
    [ "$(grep -c "^event.* hits, .* tracks$" "$BATS_TEST_TMPDIR/screen3")" -eq 7 ]
}

@test "run: --jobs with more threads, and with more jobs than events" {
    several_events
    "$TRKX" run --threads 1 --out "$(out)/one" "$BATS_TEST_TMPDIR/in"
    "$TRKX" run --jobs 2 --threads 2 --out "$(out)/two" "$BATS_TEST_TMPDIR/in"
    "$TRKX" run --jobs 20 --out "$(out)/twenty" "$BATS_TEST_TMPDIR/in"
    for tracks in "$(out)"/one/*-tracks.csv; do
        cmp "$tracks" "$(out)/two/$(basename "$tracks")"
        cmp "$tracks" "$(out)/twenty/$(basename "$tracks")"
    done
}

@test "run: --jobs goes on where tracks cannot be written, or stops there if it shall" {
    several_events
    for jobs in 1 3; do
        mkdir -p "$(out)/$jobs/event000000002-tracks.csv" "$(out)/stop$jobs/event000000002-tracks.csv"
        run --separate-stderr "$TRKX" run --jobs $jobs --out "$(out)/$jobs" "$BATS_TEST_TMPDIR/in"
        [ "$status" -eq 1 ]
        [ "${#stderr_lines[@]}" -eq 2 ]
        [[ ${stderr_lines[0]} == "trkx: $(out)/$jobs/event000000002-tracks.csv: cannot be written: Is a directory" ]]
        [ "${stderr_lines[1]}" = "trkx: 1 of 7 events failed" ]
        [ "$(ls "$(out)/$jobs" | wc -l)" -eq 13 ]
        run --separate-stderr "$TRKX" run --stop-on-error --jobs $jobs --out "$(out)/stop$jobs" "$BATS_TEST_TMPDIR/in"
        [ "$status" -eq 1 ]
        [ "${stderr_lines[1]}" = "trkx: 1 of 7 events failed, 5 were not run" ]
        [ "$(cd "$(out)/stop$jobs" && echo *)" = "event000000001-ledger.json event000000001-tracks.csv event000000002-tracks.csv" ]
    done
}

@test "run: the rows and columns of the event in any order, ids with gaps, unknown columns" {
    copy_event
    awk -F, -v OFS=, 'NR == 1 { print "more", $7, $4, $3, $2, $6, $5, $1; next }
        { print "x", $7, $4, $3, $2, $6, $5, 10000000 + 3 * $1 "00000" }' "$event-hits.csv" >"$copy-hits.csv"
    awk -F, -v OFS=, 'NR == 1 { print $4, $3, $1, $2; next }
        { print $4, $3, 10000000 + 3 * $1 "00000", $2 }' "$event-cells.csv" >"$copy-cells.csv"
    rm "$copy"-{truth,particles}.csv
    "$TRKX" run --out "$(out)/plain" "$event"
    "$TRKX" run --out "$(out)/moved" "$copy"
    cmp <(cut -d, -f2 "$(out)/plain/event000001000-tracks.csv") <(cut -d, -f2 "$(out)/moved/event000001000-tracks.csv")
    [ "$(sed -n 2p "$(out)/moved/event000001000-tracks.csv" | cut -d, -f1)" -gt 1000000000000 ]
    run ! grep -q edge_efficiency "$(out)/moved/event000001000-ledger.json"
}

@test "run: TRKX_BUNDLE names the default bundle" {
    cp -r "$bundle" "$BATS_TEST_TMPDIR/mine"
    TRKX_BUNDLE=$BATS_TEST_TMPDIR/mine run "$TRKX" run --help
    [[ $output == *"$BATS_TEST_TMPDIR/mine"* ]]
    TRKX_BUNDLE=$BATS_TEST_TMPDIR/mine "$TRKX" run --out "$(out)" "$event"
}

@test "a bundle by its name; a misspelt name; none" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" run --bundle acat2021-like --out "$(out)" "$event"
    [ "$(jq -r .bundle "$(out)/event000001000-ledger.json")" = "$(jq -r .name "$repository/models/acat2021-like/bundle.json")" ]
    refuses 1 "defualt: is neither a directory nor a bundle that comes with trkx (acat2021-like, default, positions): did you mean default?" \
        -- "$TRKX" run --bundle defualt --out "$(out)" "$event"
    refuses 1 "mine: is neither a directory nor a bundle that comes with trkx (acat2021-like, default, positions)" -- \
        "$TRKX" stage features --bundle mine --out f.npy "$event"
    TRKX_BUNDLE=acat refuses 1 "acat: is neither" "did you mean acat2021-like?" -- "$TRKX" run --out "$(out)" "$event"
    mkdir -p far/program/bin far/program/lib models
    cp "$TRKX" far/program/bin
    ln -s "$(dirname "$TRKX")"/../lib/* far/program/lib
    cp -r "$repository/models/acat2021-like" models/default # which is not the program's
    TRKX_BUNDLE='' refuses 1 "no bundle is beside the program: name one with --bundle or TRKX_BUNDLE" -- \
        far/program/bin/trkx run --out "$(out)" "$event"
    TRKX_BUNDLE="" far/program/bin/trkx run --help | grep -q 'none here'
    refuses 1 "mine/models/bundle.json: cannot be read" -- "$TRKX" run --bundle mine/models --out "$(out)" "$event"
}

@test "run, stage and simulate with the true modules" {
    needs_shared trackml/detectors.csv.gz
    modules=$shared/trackml/detectors.csv.gz
    cp -r "$bundle" "$BATS_TEST_TMPDIR/cells"
    sed -i '0,/"name": *"r"/s//"name": "lx"/' "$BATS_TEST_TMPDIR/cells/bundle.json"
    "$TRKX" simulate --density 0.0024 --detectors "$modules" --out "$BATS_TEST_TMPDIR/sim"
    "$TRKX" run --bundle "$BATS_TEST_TMPDIR/cells" --detectors "$modules" --out "$(out)" "$BATS_TEST_TMPDIR/sim"
    "$TRKX" stage features --bundle "$BATS_TEST_TMPDIR/cells" --detectors "$modules" --out "$BATS_TEST_TMPDIR/f.csv" \
        "$BATS_TEST_TMPDIR/sim/event000001000"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/f.csv")" -eq "$(tail -n +2 "$(out)/event000001000-tracks.csv" | wc -l)" ]
}

@test "the examples find the bundle's tracks" {
    run "$MINIMAL" "$bundle"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 4 ]
    [[ ${lines[0]} =~ ^hit\ 0:\ track\ [01]$ ]]
    "$TRKX" run --out "$(out)" "$event"
    run "$(dirname "$MINIMAL")/steps" "$bundle" "$event"
    [ "$status" -eq 0 ]
    [[ $output == *"tracks  $(number "$(out)/event000001000-ledger.json" tracks)"* ]]
    run --separate-stderr "$MINIMAL" "$BATS_TEST_TMPDIR"
    [ "$status" -eq 1 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
}

# ---- stage ---------------------------------------------------------------------------------------------

# trkx run's tracks, by hand.
chain() { # ending of the arrays
    local w=$BATS_TEST_TMPDIR/chain ending=$1
    mkdir -p "$w"
    "$TRKX" stage embed --out "$w/points.$ending" "$event"
    "$TRKX" stage edges --out "$w/edges.$ending" "$event" "$w/points.$ending"
    "$TRKX" stage features --network filter --out "$w/filter-features.$ending" "$event"
    "$TRKX" stage filter --kept "$w/kept.$ending" --candidates "$w/candidates.$ending" --out "$w/filter-scores.$ending" \
        "$w/filter-features.$ending" "$w/edges.$ending"
    "$TRKX" stage features --network gnn --out "$w/gnn-features.$ending" "$event"
    "$TRKX" stage gnn --kept "$w/connected.$ending" --out "$w/scores.$ending" \
        "$w/gnn-features.$ending" "$w/kept.$ending"
    "$TRKX" stage tracks --out "$w/tracks.$ending" "$event" "$w/kept.$ending" "$w/scores.$ending" "$w/candidates.$ending"
}

@test "stage: the steps by hand give what run gives, through .npy" {
    "$TRKX" run --format npy --out "$(out)" "$event"
    chain npy
    cmp "$(out)/event000001000-tracks.npy" "$BATS_TEST_TMPDIR/chain/tracks.npy"
}

@test "stage tracks: --gnn-cut, --method and --min-hits do what they do in run; filter and gnn: their cuts" {
    local choice=(--gnn-cut 0.25 --method walkthrough --min-hits 5) w=$BATS_TEST_TMPDIR/chain
    chain csv
    "$TRKX" run "${choice[@]}" --out "$(out)" "$event"
    "$TRKX" stage tracks "${choice[@]}" --out "$w/tracks.csv" "$event" "$w/kept.csv" "$w/scores.csv" "$w/candidates.csv"
    cmp "$(out)/event000001000-tracks.csv" "$w/tracks.csv"
    "$TRKX" stage filter --filter-cut 1 --kept "$w/none.csv" --out "$w/s.csv" "$w/filter-features.csv" "$w/edges.csv"
    [ -z "$(tr -d '\n' <"$w/none.csv")" ]
    "$TRKX" stage gnn --gnn-cut 1 --kept "$w/none.csv" --out "$w/s.csv" "$w/gnn-features.csv" "$w/kept.csv"
    [ -z "$(tr -d '\n' <"$w/none.csv")" ]
}

@test "stage: the steps by hand give what run gives, through CSV" {
    "$TRKX" run --out "$(out)" "$event"
    chain csv
    cmp "$(out)/event000001000-tracks.csv" "$BATS_TEST_TMPDIR/chain/tracks.csv"
    "$TRKX" evaluate "$event" "$BATS_TEST_TMPDIR/chain/tracks.csv"
    cd "$BATS_TEST_TMPDIR/chain"
    nodes=$(($(wc -l <"$event-hits.csv") - 1))
    "$TRKX" stage components --nodes "$nodes" --out over.csv connected.csv
    "$TRKX" stage components --nodes "$nodes" --cut "$(jq .gnn.cut "$bundle/bundle.json")" --out cut.csv kept.csv scores.csv
    cmp over.csv cut.csv
    "$TRKX" stage components --event "$event" --out tracks.csv.gz connected.csv
    cmp over.csv <(zcat tracks.csv.gz | tail -n +2 | cut -d, -f2)
    "$TRKX" evaluate --json m.json "$event" tracks.csv.gz
    at_least "$(number m.json trackml_score)" 0.5
    refuses 1 "nodes" -- "$TRKX" stage components --event "$event" --nodes 5 --out x.csv connected.csv
}

@test "README: the commands of the program, as they are written" {
    cd "$BATS_TEST_TMPDIR"
    ln -s "$repository/models" models
    sed -n '/^## The program/,/^## /p' "$repository/README.md" | sed -n '/^```$/,/^```$/p' | grep '^trkx' >commands
    [ "$(wc -l <commands)" -ge 7 ]
    trkx() { "$TRKX" "$@"; }
    # fewer and smaller events than written; bench takes a minute
    sed -i -e 's/--events 10/--events 2 --density 0.0163/' -e '/^trkx bench/d' commands
    while read -r command; do
        echo "$command"
        eval "$command" </dev/null
    done <commands
    [ -s edges.npy ]
}

@test "run: a bundle's walkthrough and its settings" {
    for add_score in 0.6 1; do
        rm -rf "$BATS_TEST_TMPDIR/bundle"
        copy_bundle
        jq --argjson add "$add_score" 'del(.second) | .gnn.cut = 0.01 | .tracks =
            {method: "walkthrough", min_hits: 3, min_score: (if $add == 1 then 1 else 0.1 end), add_score: $add}' \
            "$bundle/bundle.json" >"$spoilt/bundle.json"
        "$TRKX" run --bundle "$spoilt" --out "$(out)$add_score" "$event"
        "$TRKX" evaluate "$event" "$(out)$add_score/event000001000-tracks.csv" --json "$(out)$add_score/metrics.json"
    done
    at_least "$(number "$(out)0.6/metrics.json" trackml_score)" 0.8
    # no edge is over 1: what has a junction is no track
    at_least 0.1 "$(number "$(out)1/metrics.json" trackml_score_phase1)"
}

@test "stage radius: a small case by hand" {
    cd "$BATS_TEST_TMPDIR"
    printf '0,0\n3,4\n0,0\n100,100\n3,4.5\n' >points.csv # 0-2 at 0, 1-4 at 0.5, 0-1 and 1-2 at exactly 5
    "$TRKX" stage radius --radius 5 --out edges.csv points.csv
    [ "$(cat edges.csv)" = $'0,0,1,1\n1,2,2,4' ]
    "$TRKX" stage radius --radius 5 --k 1 --out edges.csv points.csv
    [ "$(cat edges.csv)" = $'0,1\n2,4' ]
}

@test "stage components: a small case by hand" {
    cd "$BATS_TEST_TMPDIR"
    printf '0,1,5,6\n1,3,6,7\n' >edges.csv
    printf '0.9\n0.6\n0.5\n0.8\n' >scores.csv
    "$TRKX" stage components --min-hits 2 --nodes 10 --out labels.csv edges.csv scores.csv
    [ "$(tr '\n' ' ' <labels.csv)" = "1 1 0 1 0 0 2 2 0 0 " ]
    "$TRKX" stage components --out labels.csv edges.csv
    [ "$(tr '\n' ' ' <labels.csv)" = "1 1 0 1 0 2 2 2 " ]
}

@test "stage join and walkthrough: small cases by hand" {
    cd "$BATS_TEST_TMPDIR"
    echo hit_id,x,y,z,volume_id,layer_id,module_id >five-hits.csv
    printf '%s\n' 1,1,0,0,8,2,1 2,2,0,0,8,4,1 3,3,0,0,8,6,1 4,4,0,0,8,6,1 5,5,0,0,8,8,1 >>five-hits.csv
    printf '0,1,1,2,3\n1,2,3,4,4\n' >edges.csv # two ways, over the hits 2 and 3, which are on one module
    printf '0.9\n0.8\n0.7\n0.6\n0.95\n' >scores.csv
    "$TRKX" stage join --min-hits 2 --event five --out joined.csv edges.csv scores.csv
    [ "$(tail -n +2 joined.csv | tr '\n' ' ')" = "1,1 2,1 3,1 4,2 5,2 " ]
    refuses 2 "stage join: --event EVENT is needed (" -- "$TRKX" stage join --out x.csv edges.csv scores.csv
    "$TRKX" stage walkthrough --out roads.csv edges.csv scores.csv
    [ "$(tr '\n' ' ' <roads.csv)" = "1 1 1 0 1 " ]
    "$TRKX" stage walkthrough --cut 0.85 --min-hits 2 --event five --out roads.csv edges.csv scores.csv
    [ "$(tail -n +2 roads.csv | tr '\n' ' ')" = "1,1 2,1 3,0 4,2 5,2 " ]
    "$TRKX" stage walkthrough --min-score 0.8 --add-score 1 --min-hits 2 --out roads.csv edges.csv scores.csv
    [ "$(tr '\n' ' ' <roads.csv)" = "1 1 0 2 2 " ] # the edge from hit 1 is at 0.8, not over it
}

@test "stage: an input is not overwritten" {
    cd "$BATS_TEST_TMPDIR"
    printf '0,1\n1,2\n' >edges.csv
    cp edges.csv before.csv
    ln edges.csv twin.csv
    ln -s edges.csv link.csv
    for same in edges.csv ./edges.csv twin.csv link.csv; do
        refuses 2 "stage: $same: is an input, which would be overwritten" -- "$TRKX" stage components --out $same edges.csv
    done
    refuses 2 "stage: edges.csv: is an input" -- "$TRKX" stage filter --out s.csv --kept edges.csv features.csv edges.csv
    cp "$event-hits.csv" event-hits.csv
    refuses 2 "is an input" -- "$TRKX" stage components --event event-hits.csv --out event-hits.csv edges.csv
    cmp before.csv edges.csv
    cmp "$event-hits.csv" event-hits.csv
    "$TRKX" stage components --out /dev/stdout /dev/stdin <edges.csv >labels.csv
    [ "$(tr '\n' ' ' <labels.csv)" = "1 1 1 " ]
}

@test "stage: inputs that do not fit each other" {
    cd "$BATS_TEST_TMPDIR"
    printf '0,1\n1,9\n' >edges.csv
    printf '1\n2\n3\n' >scores.csv
    refuses 1 "scores.csv: stage: there are 3 scores, but 2 edges" -- "$TRKX" stage components --out x.csv edges.csv scores.csv
    printf '1,2\n3,4\n' >features.csv
    refuses 1 "features.csv: stage: there are 2 columns, but the bundle's network takes" -- \
        "$TRKX" stage filter --out x.csv features.csv edges.csv
    "$TRKX" stage features --network filter --out f.csv "$event"
    head -n 5 f.csv >features.csv
    refuses 1 "edges.csv: stage: edge 1 ends at 9, there are 5 nodes" -- "$TRKX" stage filter --out x.csv features.csv edges.csv
    refuses 1 "9" -- "$TRKX" stage components --nodes 5 --out x.csv edges.csv
    printf '0\n1\n' >edge.csv
    echo 0.9 >score.csv
    tail -n +2 "$event-hits.csv" | cut -d, -f1 >one-column.csv
    printf '0,1\n' >edges.csv
    refuses 1 "edges.csv: stage: there are 1 rows; edges are two" -- "$TRKX" stage components --out x.csv edges.csv
    refuses 1 "the bundle trackml-default completes tracks: candidates are needed (trkx stage filter --candidates" -- \
        "$TRKX" stage tracks --out x.csv "$event" edge.csv score.csv
    refuses 1 "stage: the points have 1 dimensions, but the bundle's embedding has" -- \
        "$TRKX" stage edges --out x.csv "$event" one-column.csv
    refuses 1 "scores.csv: stage: there are 3 points, but the event has $(($(wc -l <"$event-hits.csv") - 1)) hits" -- \
        "$TRKX" stage edges --out x.csv "$event" scores.csv
    [ ! -e x.csv ]
}

@test "stage: an option of another step is refused, before anything is read" {
    cd "$BATS_TEST_TMPDIR"
    refuses 2 "stage tracks: --cut is for components, join and walkthrough (see trkx stage --help)" -- \
        "$TRKX" stage tracks --cut 0.99 --out x.csv none edges.npy scores.npy
    refuses 2 "stage gnn: --candidates is for filter (" -- "$TRKX" stage gnn --candidates q.npy --out x.npy f.npy e.npy
    refuses 2 "stage embed: --radius is for radius (" -- "$TRKX" stage embed --radius 3 --out x.npy none
    refuses 2 "stage join: --bundle is for features, embed, edges, filter, gnn and tracks (" -- \
        "$TRKX" stage join --bundle "$bundle" --out x.csv edges.npy scores.npy
    refuses 2 "stage components: --min-score is for walkthrough (" -- \
        "$TRKX" stage components --min-score 0.5 --out x.csv edges.npy
    refuses 2 "stage features: --device is for embed, filter and gnn (" -- \
        "$TRKX" stage features --device cpu --out x.npy none
    [ ! -e x.npy ]
    # the help lists each step's options
    "$TRKX" stage --help | grep -qxE ' +join +--cut --min-hits --event --nodes'
    "$TRKX" stage --help | grep -qxE ' +tracks +--bundle --detectors --gnn-cut --method --min-hits'
}

@test "stage filter: what is kept is not left where the scores cannot be written" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" stage features --network filter --out f.csv "$event"
    printf '0,1\n1,2\n' >edges.csv
    refuses 1 "/proc/scores.csv" -- "$TRKX" stage filter --kept kept.csv --out /proc/scores.csv f.csv edges.csv
    [ ! -e kept.csv ]
}

# ---- evaluate and simulate -----------------------------------------------------------------------------

@test "evaluate: the truth itself scores 1, no tracks score 0" {
    cd "$BATS_TEST_TMPDIR"
    awk -F, -v OFS=, 'NR == 1 { print "hit_id", "track_id"; next }
        { if ($2 != 0 && !($2 in track)) track[$2] = ++tracks; print $1, $2 == 0 ? 0 : track[$2] }' \
        "$event-truth.csv" >perfect.csv
    run "$TRKX" evaluate --json m.json "$event" perfect.csv
    [ "$status" -eq 0 ]
    [[ $output == *"TrackML score, phase 1 1.0000"*"TrackML score, phase 2 1.0000"* ]]
    for weights in "" _phase1 _phase2; do at_least "$(number m.json trackml_score$weights)" 0.9999999; done
    [ "$(number m.json fakes)" -eq 0 ]
    [ "$(number m.json efficiency)" = 1.0 ]
    awk -F, -v OFS=, 'NR > 1 { $2 = 0 } { print $1, $2 }' perfect.csv | sed '1s/.*/hit_id,track_id/' >none.csv
    awk -F, -v OFS=, 'NR == 1 || NR % 40 == 0 { print $1, NR == 1 ? $2 : 1 }' perfect.csv >fake.csv
    run --separate-stderr "$TRKX" evaluate "$event" fake.csv # one track of hits of many particles
    [[ $output == *"tracks                 1: 0 matched, 0 fragments, 1 fake"$'\n'* ]]
    "$TRKX" evaluate --json m.json "$event" none.csv
    [ "$(number m.json trackml_score)" = 0.0 ]
    [ "$(number m.json tracks)" -eq 0 ]
}

@test "evaluate: what run found, on the screen and as JSON" {
    "$TRKX" run --out "$(out)" "$event"
    run "$TRKX" evaluate --json "$BATS_TEST_TMPDIR/m.json" "$event" "$(out)/event000001000-tracks.csv"
    [ "$status" -eq 0 ]
    for name in "efficiency, all" "from the beam" "from decays" "from material" "pT > 0.5 GeV" "pT > 1 GeV" " fragment" " fake" "hit purity"; do
        [[ $output == *"$name"* ]]
    done
    score_lines() { # file of figures
        printf '  TrackML score, phase 1 %.4f\n  TrackML score, phase 2 %.4f\n' \
            "$(number "$1" trackml_score_phase1)" "$(number "$1" trackml_score_phase2)"
        printf '  TrackML score, given   %.4f  (weights as given, which are of phase 2)' "$(number "$1" trackml_score)"
    }
    [[ $output == *$'\n'"$(score_lines "$BATS_TEST_TMPDIR/m.json")"$'\n'* ]]
    jq -e '.given_weights == "phase2" and .has_kinds and
        ([.efficiency_from_beam, .efficiency_from_decays, .efficiency_from_material] |
            (map(.weight) | add - 1 | fabs) < 1e-8) and
        (.efficiency_all.particles == .efficiency_from_beam.particles + .efficiency_from_decays.particles +
            .efficiency_from_material.particles)' "$BATS_TEST_TMPDIR/m.json"
}

@test "evaluate --weights: one score alone, of an event and of several" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" run --out . "$event"
    "$TRKX" evaluate --json m.json "$event" event000001000-tracks.csv
    at_least "$(number m.json trackml_score_phase2)" "$(number m.json trackml_score_phase1)" # material is found less
    run ! cmp -s <(number m.json trackml_score_phase2) <(number m.json trackml_score_phase1)
    for weights in "given given" "phase1 phase 1" "phase2 phase 2"; do
        name=_${weights%% *}
        score=$(printf '%.4f' "$(number m.json trackml_score${name#_given})")
        run "$TRKX" evaluate --weights "${weights%% *}" "$event" event000001000-tracks.csv
        [ "$(grep -c "TrackML score" <<<"$output")" -eq 1 ]
        [[ $output == *"$(printf 'TrackML score, %-7s %s' "${weights#* }" "$score")"* ]]
        run "$TRKX" evaluate --weights "${weights%% *}" "${event%/*}" .
        [[ ${lines[0]} == "event000001000: score $score (${weights#* }), efficiency "* ]]
        [ "$(grep -c "TrackML score" <<<"$output")" -eq 1 ]
    done
    refuses 2 "--weights" "phase3" "phase1, phase2 or given" -- "$TRKX" evaluate --weights phase3 "$event" event000001000-tracks.csv
}

@test "evaluate: a directory of events and one of tracks, one by one and together" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" simulate --events 2 --density 0.0033 --seed 5 --out events
    "$TRKX" run --out tracks events
    run "$TRKX" evaluate --json pool.json events tracks
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "event000001000: score "*" (phase 1), "*" (phase 2), efficiency"*"pT > 1 GeV"*"tracks: "* ]]
    [[ ${lines[1]} == "event000001001: score "* ]]
    [[ ${lines[2]} == "2 events: "* ]]
    for i in 0 1; do
        "$TRKX" evaluate --json one.json events/event00000100$i tracks
        "$TRKX" evaluate events/event00000100$i-hits.csv.gz tracks/event00000100$i-tracks.csv
        [ "$(jq -c .events[$i] pool.json)" = "$(jq -c . one.json)" ]
    done
    for score in trackml_score trackml_score_phase1 trackml_score_phase2; do # the error of two is half their distance
        jq -e "[.events[].$score] as [\$a, \$b] | (.pooled.$score - (\$a + \$b) / 2 | fabs) < 1e-8 and
               (.pooled.${score}_error - (\$a - \$b | fabs) / 2 | fabs) < 1e-6" pool.json
        [[ $output == *$(printf '%.4f +- %.4f  (mean of the events)' "$(jq ".pooled.$score" pool.json)" \
            "$(jq ".pooled.${score}_error" pool.json)")* ]]
    done
    jq -e '.pooled.has_kinds and .events[1].given_weights == "phase2" and
        .pooled.given_weights == ([.events[].given_weights] | unique | if length == 1 then .[0] else null end)' pool.json
    for kind in beam decays material; do
        jq -e "(.pooled.efficiency_from_$kind.weight - ([.events[].efficiency_from_$kind.weight] | add / 2) | fabs) < 1e-8" pool.json
    done
    for count in hits noise_hits hits_on_tracks tracks matched fragments fakes duplicates; do
        jq -e ".pooled.$count == ([.events[].$count] | add)" pool.json
    done
    for which in all above_500_mev above_1_gev from_beam from_decays from_material; do
        jq -e ".pooled.efficiency_$which as \$p | [.events[].efficiency_$which] as \$e |
               \$p.particles == ([\$e[].particles] | add) and \$p.matched == ([\$e[].matched] | add) and
               (\$p.efficiency - \$p.matched / \$p.particles | fabs) < 1e-8" pool.json
    done
    cp -r events fewer # where one event lacks its particles the phases are unknown together, not of the others
    rm fewer/event000001000-particles.csv.gz
    run "$TRKX" evaluate --json fewer.json fewer tracks
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "event000001000: score "*" (given), efficiency"* ]]
    [[ ${lines[1]} == "event000001001: score "*" (phase 1), "*" (phase 2), efficiency"* ]]
    [ "$(grep -c "TrackML score" <<<"$output")" -eq 1 ]
    jq -e --slurpfile pool pool.json '.pooled.trackml_score == $pool[0].pooled.trackml_score and
        ([.pooled | .trackml_score_phase1, .trackml_score_phase2_error, .efficiency_from_beam.efficiency,
            .efficiency_from_beam.weight] | all(. == null)) and (.pooled.has_kinds | not)' fewer.json
    run --separate-stderr "$TRKX" evaluate --weights phase2 fewer tracks
    [ "$status" -eq 1 ]
    [[ ${stderr_lines[0]} == "trkx: event000001000: --weights phase2 needs a particles file"* ]]
    refuses 1 "tracks/event000001000-tracks.csv: must be a directory" -- "$TRKX" evaluate events tracks/event000001000-tracks.csv
    cp -r events spoilt
    gunzip spoilt/event000001000-truth.csv.gz
    sed -i '2s/[^,]*$/-1/' spoilt/event000001000-truth.csv # a weight that would take from the score
    run --separate-stderr "$TRKX" evaluate --json none.json spoilt tracks
    [ "$status" -eq 1 ]
    [ "$stderr" = $'trkx: event000001000: metrics: row 0 has the weight -1\ntrkx: 1 of 2 events failed' ]
    [[ $output == "event000001001: score "* ]]
    [ "${#lines[@]}" -eq 1 ]
    [ ! -e none.json ]
    gzip tracks/event000001000-tracks.csv
    refuses 1 "these are the tracks of event000001001, not of event000001000" -- \
        "$TRKX" evaluate events/event000001000 tracks/event000001001-tracks.csv
    mv tracks/event000001001-tracks.csv other.csv
    refuses 1 "other.csv" "is this the file of another event?" -- "$TRKX" evaluate events/event000001000 other.csv
    run --separate-stderr "$TRKX" evaluate --json rest.json events tracks
    [ "$status" -eq 1 ]
    [ "${stderr_lines[0]}" = "trkx: event000001001: no tracks found: there is no tracks/event000001001-tracks.csv (or .csv.gz, .npy)" ]
    [ "${stderr_lines[1]}" = "trkx: 1 of 2 events failed" ]
    [[ $output == "event000001000: score "* ]]
    [ ! -e rest.json ]
    sed 4q other.csv >few.csv
    run --separate-stderr "$TRKX" evaluate events/event000001001 few.csv
    [ "$status" -eq 0 ]
    hits=$(jq .events[1].hits pool.json)
    [ "$stderr" = "trkx: warning: few.csv: $((hits - 3)) of the event's $hits hits are not listed, and count as on no track" ]
    sed -i 1q few.csv
    refuses 1 "few.csv: lists none of the event's $hits hits" -- "$TRKX" evaluate events/event000001001 few.csv
}

@test "evaluate: tracks with event_id have to be of this event" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" run --out . "$event"
    for id in 1000 1001; do
        sed -e '1s/^/event_id,/' -e "2,\$s/^/$id,/" event000001000-tracks.csv >$id.csv
    done
    "$TRKX" evaluate "$event" 1000.csv
    refuses 1 "1001.csv:2" "event_id 1001" "event000001000" -- "$TRKX" evaluate "$event" 1001.csv
    cp event000001000-tracks.csv event000001001-tracks.csv
    refuses 1 "./event000001001-tracks.csv" "these are the tracks of event000001001, not of event000001000" -- "$TRKX" evaluate "$event" ./event000001001-tracks.csv
    cp event000001000-tracks.csv event1000-tracks.csv
    "$TRKX" evaluate "$event" event1000-tracks.csv
}

@test "evaluate: without momenta there is no pT; a particle with the id 0 cannot be told from noise" {
    copy_event
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" run --out . "$event"
    id=$(sed -n 2p "$copy-particles.csv") && id=${id%%,*}
    sed -i "s/^$id,/0,/" "$copy-particles.csv"
    sed -i "s/^\([0-9]*\),$id,/\1,0,/" "$copy-truth.csv"
    run --separate-stderr "$TRKX" evaluate --json zero.json "$copy" event000001000-tracks.csv
    [ "$status" -eq 0 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "trkx: event000001000: "*"id 0"*"$(jq .noise_hits zero.json) hits"*noise* ]]
    rm "$copy-particles.csv"
    cut -d, -f1-5,9 "$copy-truth.csv" >truth
    mv truth "$copy-truth.csv"
    run "$TRKX" evaluate --json m.json "$copy" event000001000-tracks.csv
    [ "$status" -eq 0 ]
    [[ $output == *"unknown: no particles file"*"unknown: they need a particles file"* ]]
    [[ $output != *"GeV"* ]]
    jq -e '.has_pt == false and .efficiency_all.particles > 10 and .efficiency_above_1_gev.efficiency == null' m.json
}

@test "run, stage: a warning where coordinates are hardly millimetres" {
    copy_event
    awk -F, -v OFS=, 'NR > 1 { for (i = 2; i < 5; i++) $i /= 1000 } 1' "$event-hits.csv" >"$copy-hits.csv"
    run --separate-stderr "$TRKX" run --out "$(out)" "$copy" "$BATS_TEST_TMPDIR/in"
    [ "$status" -eq 0 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "trkx: warning: event000001000: "*metres* ]]
    run --separate-stderr "$TRKX" stage features --out "$(out)/f.npy" "$copy"
    [ "$status" -eq 0 ]
    [[ $stderr == "trkx: warning: event000001000: "*metres* ]]
}

@test "evaluate: the file of particles may be missing, that of the truth may not" {
    copy_event
    "$TRKX" run --out "$(out)" "$copy"
    cd "$BATS_TEST_TMPDIR"
    rm "$copy-particles.csv"
    run "$TRKX" evaluate --json m.json "$copy" "$(out)/event000001000-tracks.csv"
    [ "$status" -eq 0 ]
    [ "$(grep "TrackML score" <<<"$output")" = "$(printf '  TrackML score, given   %.4f  (weights as given)' "$(number m.json trackml_score)")" ]
    jq -e '.trackml_score_phase1 == null and .given_weights == null and (.has_kinds | not) and
        .efficiency_from_material.efficiency == null and .efficiency_from_material.weight == null' m.json
    refuses 1 "event000001000: --weights phase1 needs a particles file" -- \
        "$TRKX" evaluate --weights phase1 "$copy" "$(out)/event000001000-tracks.csv"
    rm "$copy-truth.csv"
    refuses 1 "event000001000-truth.csv" -- "$TRKX" evaluate "$copy" "$(out)/event000001000-tracks.csv"
}

@test "simulate: the same seed the same bytes, another seed others, whatever the threads" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" simulate --density 0.0163 --seed 11 --events 2 --threads 1 --out a
    "$TRKX" simulate --density 0.0163 --seed 11 --events 2 --threads 4096 --out b
    "$TRKX" simulate --density 0.0163 --seed 12 --out c
    "$TRKX" simulate --density 0.0163 --seed 11 --first 1001 --out d
    [ "$(ls a | wc -l)" -eq 8 ]
    diff -r a b
    cmp a/event000001001-hits.csv.gz d/event000001001-hits.csv.gz # an event does not depend on those before it
    run ! cmp -s a/event000001000-hits.csv.gz c/event000001000-hits.csv.gz
}

@test "simulate: an event without particles and noise is a valid one" {
    "$TRKX" simulate --particles 0 --noise 0 --out "$BATS_TEST_TMPDIR/none"
    "$TRKX" run --out "$(out)" "$BATS_TEST_TMPDIR/none"
    [ "$(cat "$(out)/event000001000-tracks.csv")" = hit_id,track_id ]
}

@test "simulate: beams, which single options override, density and cluster thickness" {
    cd "$BATS_TEST_TMPDIR"
    simulate() { # directory, options
        "$TRKX" simulate --no-gzip --out "$@"
    }
    particles() { tail -n +2 "$1/event000001000-particles.csv" | wc -l; }
    simulate default --density 0.01
    simulate kaggle --beam kaggle --density 0.01
    simulate throughput --density 0.01 --beam throughput
    simulate given --particles 12263 --sigma-z 5.3 --noise 1 --beam throughput --density 0.01
    [ "$(particles throughput)" -eq 90 ]
    for part in hits cells truth particles; do
        cmp {default,kaggle}/event000001000-$part.csv
        cmp {default,given}/event000001000-$part.csv
    done
    run ! cmp -s {default,throughput}/event000001000-hits.csv
    simulate thick --density 0.01 --cluster-thickness 2
    cmp {default,thick}/event000001000-truth.csv
    [ "$(wc -l <thick/event000001000-cells.csv)" -gt "$(wc -l <default/event000001000-cells.csv)" ]
    refuses 2 "simulate: the beam \"lhc\" is not \"kaggle\" or \"throughput\"" -- "$TRKX" simulate --beam lhc --out none
    refuses 2 "--density: \"-1\"" -- "$TRKX" simulate --density -1 --out none
    refuses 2 "--cluster-thickness: \"5\"" -- "$TRKX" simulate --cluster-thickness 5 --out none
    is_empty none
}

@test "simulate: collisions, length of the luminous region, noise" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" simulate --pileup 2 --sigma-z 50 --noise 1.1 --no-gzip --no-cells --out a
    "$TRKX" simulate --particles 122 --no-gzip --no-cells --out b # 12263 particles stand for 200 collisions
    [ "$(wc -l <a/event000001000-particles.csv)" -eq 123 ]
    [ "$(wc -l <b/event000001000-particles.csv)" -eq 123 ]
    noise() { awk -F, '$2 == 0' "$1/event000001000-truth.csv" | wc -l; }
    [ "$(noise a)" -gt "$(noise b)" ]
    refuses 1 "nowhere.csv" -- "$TRKX" simulate --detectors nowhere.csv --out c
    is_empty c
}

@test "simulate: without cells, plain or gzipped" {
    "$TRKX" simulate --density 0.0004 --no-cells --out "$BATS_TEST_TMPDIR/gz"
    [ "$(cd "$BATS_TEST_TMPDIR/gz" && echo *)" = \
        "event000001000-hits.csv.gz event000001000-particles.csv.gz event000001000-truth.csv.gz" ]
    "$TRKX" simulate --density 0.0004 --no-gzip --out "$BATS_TEST_TMPDIR/plain"
    for part in hits particles truth; do
        cmp <(zcat "$BATS_TEST_TMPDIR/gz/event000001000-$part.csv.gz") "$BATS_TEST_TMPDIR/plain/event000001000-$part.csv"
    done
}

@test "run leaves nothing in the temporary directory, and nothing of the runtime's in the home directory" {
    mkdir "$BATS_TEST_TMPDIR/temporary" "$BATS_TEST_TMPDIR/home"
    env -u ORT_DISABLE_TELEMETRY TMPDIR="$BATS_TEST_TMPDIR/temporary" HOME="$BATS_TEST_TMPDIR/home" \
        "$TRKX" run --out "$(out)" "$event"
    [ -z "$(find "$BATS_TEST_TMPDIR/temporary" "$BATS_TEST_TMPDIR/home" -mindepth 1)" ]
}

@test "run --format npy: the same tracks, and evaluate reads them" {
    "$TRKX" run --out "$(out)" "$event"
    "$TRKX" run --format npy --out "$(out)" "$event"
    head -c 6 "$(out)/event000001000-tracks.npy" | cmp - <(printf '\x93NUMPY')
    for kind in csv npy; do
        "$TRKX" evaluate --json "$(out)/$kind.json" "$event" "$(out)/event000001000-tracks.$kind"
    done
    cmp "$(out)/csv.json" "$(out)/npy.json"
    refuses 2 '"xml" is neither csv nor npy' -- "$TRKX" run --format xml "$event"
}

@test "an empty path of output is an error" {
    refuses 1 "is empty" -- "$TRKX" run --out '' "$event"
    refuses 1 "is empty" -- "$TRKX" simulate --particles 1 --out ''
    refuses 1 "is empty" -- "$TRKX" stage features --out '' "$event"
}

@test "stage: memory for the output that runs out is told with its size" {
    [ -z "$TRKX_SANITIZE" ] || skip "$TRKX_SANITIZE takes all addresses"
    printf '0\n1\n' >"$BATS_TEST_TMPDIR/edges.csv"
    refuses 1 "out of memory: 8589934589 bytes for an output of 2147483647 rows" -- bash -c \
        "ulimit -v 6000000; exec '$TRKX' stage components --threads 1 --nodes 2147483647 --out '$(out).npy' '$BATS_TEST_TMPDIR/edges.csv'"
}
