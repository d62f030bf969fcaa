#!/usr/bin/env bats
# Proves: without --bundle each event is run with the first default bundle that it has everything for, and the program
# says which; modules that an event does not name are found, and the tracks are the same, byte for byte.
load ../helpers

# Four events: whole; without cells; without cells and modules; without modules. And all four whole.
setup_file() {
    export whole=$BATS_FILE_TMPDIR/whole mixed=$BATS_FILE_TMPDIR/mixed
    "$TRKX" simulate --events 4 --density 0.03 --seed 3 --no-gzip --out "$whole"
    cp -r "$whole" "$mixed"
    rm "$mixed"/event00000100[12]-cells.csv
    for number in 1002 1003; do
        cut -d, -f1-4 "$whole/event00000$number-hits.csv" >"$mixed/event00000$number-hits.csv"
    done
    for name in default positions; do
        "$TRKX" run --bundle "$repository/models/$name" --out "$BATS_FILE_TMPDIR/$name" "$whole"
    done
}

setup() {
    unset TRKX_BUNDLE
    cd "$BATS_TEST_TMPDIR"
}

of_bundle() { # name number...
    local name=$1 number
    shift
    for number; do
        cmp "$BATS_FILE_TMPDIR/$name/event00000$number-tracks.csv" "tracks/event00000$number-tracks.csv"
        [ "$(jq -r .bundle "tracks/event00000$number-ledger.json")" = \
            "$(jq -r .name "$repository/models/$name/bundle.json")" ]
    done
}

@test "a directory of all kinds: each event has its bundle, and one line tells of each change" {
    for jobs in 1 3; do
        run --separate-stderr "$TRKX" run --jobs $jobs --out tracks "$mixed"
        [ "$status" -eq 0 ]
        [ -z "$output" ]
        [ "$stderr" = "trkx: event000001001: no cells: using the bundle positions
trkx: event000001002: no modules: found from the positions
trkx: event000001003: using the bundle default" ]
        of_bundle default 1000 1003
        of_bundle positions 1001 1002
        rm -r tracks
    done
}

@test "the ledger says why, and how the modules were found" {
    "$TRKX" run --out tracks "$mixed"
    [ "$(jq -c '[.bundle_note, .modules]' tracks/*-ledger.json | tr '\n' ' ')" = \
        '[null,null] ["no cells",null] ["no cells","from positions"] [null,"from positions"] ' ]
}

@test "events with cells and modules: nothing is said" {
    run --separate-stderr "$TRKX" run --out tracks "$whole"
    [ "$status" -eq 0 ] && [ -z "$stderr" ]
    of_bundle default 1000 1001 1002 1003
}

@test "only one event, without cells" {
    run --separate-stderr "$TRKX" run --out tracks "$mixed/event000001002"
    [ "$stderr" = "trkx: event000001002: no cells: using the bundle positions
trkx: event000001002: no modules: found from the positions" ]
    of_bundle positions 1002
}

@test "--verbose names the bundle" {
    "$TRKX" run --verbose --out tracks "$mixed/event000001001" 2>/dev/null |
        grep -q "^  bundle $(jq -r .name "$repository/models/positions/bundle.json"): filter cut"
}

@test "a bundle that is named is the only one, also by TRKX_BUNDLE" {
    "$TRKX" run --bundle positions --out tracks "$whole/event000001000"
    of_bundle positions 1000
    rm -r tracks
    refuses 1 "needs the hits' cells" "(trkx run --bundle positions)" -- \
        "$TRKX" run --bundle default --out tracks "$mixed/event000001001"
    TRKX_BUNDLE=default refuses 1 "needs the hits' cells" "(trkx run --bundle positions)" -- \
        "$TRKX" run --out tracks "$mixed/event000001001"
    is_empty tracks
}

@test "stage: a step names the bundle that would do; modules are found there too" {
    refuses 1 "features: the bundle" "needs the hits' cells" "(trkx run --bundle positions)" -- \
        "$TRKX" stage features --out features.npy "$mixed/event000001001"
    for directory in "$whole" "$mixed"; do
        "$TRKX" stage features --out "features.npy" "$directory/event000001003"
        "$TRKX" stage embed --out points.npy "$directory/event000001003"
        "$TRKX" stage edges "$directory/event000001003" points.npy --out edges.npy
        sha256sum features.npy points.npy edges.npy >>sums
    done
    [ "$(sort -u sums | wc -l)" -eq 3 ]
}

@test "a hit on no module of the detector is an error" {
    cp "$mixed/event000001002-hits.csv" moved-hits.csv
    sed -i '5s/^\([^,]*\),[^,]*,/\1,1500,/' moved-hits.csv
    refuses 1 "moved: hits: hit $(sed -n '5s/,.*//p' moved-hits.csv) at (1500, " "is on no module of the detector" \
        "volume_id, layer_id and module_id" -- "$TRKX" run --bundle positions --out tracks moved
    is_empty tracks
}

@test "some of a module's columns, but not all, are an error" {
    cp "$whole/event000001001-hits.csv" some-hits.csv
    sed -i '1s/module_id/module/' some-hits.csv
    refuses 1 "some-hits.csv:1: hits: column module_id is missing" "rename module to module_id" -- \
        "$TRKX" run --out tracks some
}

@test "a real event: its positions alone give the tracks of positions and modules" {
    needs_shared trackml/event000000001-hits.csv.gz
    gunzip -c "$shared/trackml/event000000001-hits.csv.gz" >given-hits.csv
    cut -d, -f1-4 given-hits.csv >alone-hits.csv
    "$TRKX" run --out tracks given alone
    cmp tracks/given-tracks.csv tracks/alone-tracks.csv
    [ "$(jq -r .modules tracks/alone-ledger.json)" = "from positions" ]
}
