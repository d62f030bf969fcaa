#!/usr/bin/env bats
# Proves: the columns that a bundle names reach its networks: with z under another name, models/acat2021-like finds
# the same tracks, from CSV and from .npy; a column that is missing, not finite or not a number is an error that names
# it.
load ../helpers

setup_file() {
    make_event 0.0041
}

setup() {
    acat=$repository/models/acat2021-like
    mine=$BATS_TEST_TMPDIR/mine
    cp -r "$acat" "$mine"
    jq '.features |= map(if .name == "z" then {column: "height", scale: .scale} else . end)' "$acat/bundle.json" \
        >"$mine/bundle.json"
    copy_event
}

# One more column of the hits.
add_column() { # name, awk's expression for it
    awk -F, -v OFS=, -v name="$1" 'NR == 1 { print $0, name; next } { print $0, '"$2"' }' "$copy-hits.csv" \
        >"$copy-new" && mv "$copy-new" "$copy-hits.csv"
}

@test "a column of the hits reaches the networks" {
    add_column height '$4'
    "$TRKX" run --bundle "$acat" --out "$(out)/z" "$copy"
    "$TRKX" run --bundle "$mine" --out "$(out)/height" "$copy"
    cmp "$(out)/z/event000001000-tracks.csv" "$(out)/height/event000001000-tracks.csv"
    "$TRKX" stage features --bundle "$acat" --out "$(out)/z.npy" "$copy"
    "$TRKX" stage features --bundle "$mine" --out "$(out)/height.npy" "$copy"
    cmp "$(out)/z.npy" "$(out)/height.npy"
}

@test "the networks see the column, not the position" {
    add_column height 0
    "$TRKX" run --bundle "$acat" --out "$(out)/z" "$copy"
    "$TRKX" run --bundle "$mine" --out "$(out)/height" "$copy"
    run ! cmp -s "$(out)/z/event000001000-tracks.csv" "$(out)/height/event000001000-tracks.csv"
}

@test "a column that is not there is named, with the file" {
    refuses 1 "$copy-hits.csv:1" "height" -- "$TRKX" run --bundle "$mine" --out "$(out)" "$copy"
    refuses 1 "$copy-hits.csv:1" "height" -- "$TRKX" stage features --bundle "$mine" --out "$(out)/f.npy" "$copy"
}

@test "a column that is not finite, or no number, is named with its line" {
    add_column height '(NR == 5 ? "nan" : $4)'
    refuses 1 "$copy-hits.csv:5" "height" "nan" -- "$TRKX" run --bundle "$mine" --out "$(out)" "$copy"
}

@test "a bundle without a column reads none" {
    add_column height '"much"'
    "$TRKX" run --bundle "$acat" --out "$(out)" "$copy"
}
