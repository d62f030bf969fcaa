#!/usr/bin/env bats
# Proves: beam_sigma_z reaches the networks of a run, the same for every hit, on the CPU and on a "device" (gpu/ built
# for the processor); it needs the bundle's detector, but the ids of no module.
load ../helpers

setup_file() {
    make_event 0.033
}

# models/acat2021-like with another feature in place of z, and nothing that needs modules.
put_bundle() { # name, feature as JSON
    cp -r "$repository/models/acat2021-like" "$BATS_TEST_TMPDIR/$1"
    jq --argjson feature "$2" '.features[2] = $feature | .tracks = {method: "components", min_hits: 3}
        | .detectors = "detector.json"' "$repository/models/acat2021-like/bundle.json" >"$BATS_TEST_TMPDIR/$1/bundle.json"
}

setup() {
    put_bundle beam '{"name": "beam_sigma_z", "scale": 1}'
    put_bundle column '{"column": "width", "scale": 1}'
    beam=$BATS_TEST_TMPDIR/beam column=$BATS_TEST_TMPDIR/column
    copy_event
    "$TRKX" stage features --bundle "$beam" --out "$BATS_TEST_TMPDIR/features.csv" "$copy"
    width=$(head -n 1 "$BATS_TEST_TMPDIR/features.csv" | cut -d, -f3)
}

# And ids of modules that no detector has.
add_width() {
    awk -F, -v OFS=, -v width="$width" 'NR == 1 { print $0, "width"; next } { $7 = 99999; print $0, width }' \
        "$copy-hits.csv" >"$copy-new" && mv "$copy-new" "$copy-hits.csv"
}

@test "all hits have the event's width" {
    [ "$(cut -d, -f3 "$BATS_TEST_TMPDIR/features.csv" | sort -u | wc -l)" -eq 1 ]
    awk -v width="$width" 'BEGIN { exit !(width > 2 && width < 12) }' # of 5.5 mm, from six vertices
}

@test "the networks see it, as they see a column of its value" {
    add_width
    "$TRKX" run --bundle "$column" --out "$(out)/column" "$copy"
    "$TRKX" run --bundle "$beam" --out "$(out)/beam" "$copy"
    cmp "$(out)/column/event000001000-tracks.csv" "$(out)/beam/event000001000-tracks.csv"
    "$TRKX" run --bundle "$column" --kernels stock --out "$(out)/stock" "$copy"
    TRKX_CUDA_LIBRARY=$BUILD/lib/libtrkx_cuda_host.so "$TRKX" run --bundle "$beam" --device cuda:0 \
        --out "$(out)/device" "$copy"
    cmp "$(out)/stock/event000001000-tracks.csv" "$(out)/device/event000001000-tracks.csv"
    put_bundle other '{"name": "beam_sigma_z", "scale": 100}'
    "$TRKX" run --bundle "$BATS_TEST_TMPDIR/other" --out "$(out)/other" "$copy"
    run ! cmp -s "$(out)/column/event000001000-tracks.csv" "$(out)/other/event000001000-tracks.csv"
}

@test "without a detector: what is missing" {
    jq 'del(.detectors)' "$beam/bundle.json" >"$BATS_TEST_TMPDIR/new" && mv "$BATS_TEST_TMPDIR/new" "$beam/bundle.json"
    run_refuses "$beam/bundle.json" "the beam" "name a detector.json" -- --bundle "$beam" "$copy"
}
