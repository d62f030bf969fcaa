#!/usr/bin/env bats
# Proves: models/acat2021-like finds the tracks of an event from positions and modules alone: it needs no cells, and
# its tracks are the same with cells and without; with modules it joins and completes as models/default does.
load ../helpers

acat=$repository/models/acat2021-like

setup_file() {
    make_event 0.0489
    rm "$event-cells.csv"
}

@test "the networks look at r, phi and z alone" {
    [ "$(jq -c '[.features, .filter.features, .gnn.features] | map(. // []) | map(map(.name))' "$acat/bundle.json")" = \
        '[["r","phi","z"],[],[]]' ]
}

@test "an event without cells scores at least 0.95" {
    "$TRKX" run --bundle acat2021-like --out "$(out)" "$event" # by its name, as in Python
    "$TRKX" evaluate --json "$(out)/m.json" "$event" "$(out)/event000001000-tracks.csv"
    at_least "$(number "$(out)/m.json" trackml_score)" 0.95
}

@test "with cells the tracks are the same" {
    "$TRKX" simulate --density 0.0489 --seed 3 --no-gzip --out "$BATS_TEST_TMPDIR/whole"
    [ -e "$BATS_TEST_TMPDIR/whole/event000001000-cells.csv" ]
    "$TRKX" run --bundle "$acat" --out "$(out)" "$event"
    "$TRKX" run --bundle "$acat" --threads 1 --out "$(out)/whole" "$BATS_TEST_TMPDIR/whole"
    cmp "$(out)/event000001000-tracks.csv" "$(out)/whole/event000001000-tracks.csv"
}
