# The execution provider in programs of others, and in trkx.
load ../helpers

setup_file() {
    make_event 0.0245
    export library=$BUILD/lib/libtrkx_ep.so
}

@test "a program that knows ONNX Runtime alone: the same scores as stock" {
    "$(dirname "$MINIMAL")/provider" "$library" models/default/gnn.onnx 1000 5000 >"$BATS_TEST_TMPDIR/ours"
    "$(dirname "$MINIMAL")/provider" "" models/default/gnn.onnx 1000 5000 >"$BATS_TEST_TMPDIR/stock"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -eq 5 ]
    paste "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/stock" |
        awk '{ d = $3 - $6; if (d < -0.002 || d > 0.002) exit 1 }'
}

@test "--kernels trkx and stock: the same tracks of a small event" {
    "$TRKX" run --out "$BATS_TEST_TMPDIR/ours" "$event"
    "$TRKX" run --kernels stock --out "$BATS_TEST_TMPDIR/stock" "$event"
    cmp "$BATS_TEST_TMPDIR/ours/$(basename "$event")-tracks.csv" "$BATS_TEST_TMPDIR/stock/$(basename "$event")-tracks.csv"
}

@test "the provider takes the default networks whole, each in one part" {
    for network in embedding filter gnn; do
        "$TRKX" model info --json "$BATS_TEST_TMPDIR/info.json" models/default/$network.onnx
        jq -e '.models[0].provider | .claimed == .nodes and .parts == 1 and .nodes > 10' "$BATS_TEST_TMPDIR/info.json"
    done
}

@test "a library that is missing or none is named" {
    TRKX_EP_LIBRARY=/nowhere/libtrkx_ep.so run --separate-stderr "$TRKX" run --out "$BATS_TEST_TMPDIR/out" "$event"
    [ "$status" -eq 1 ]
    [[ $stderr == *"/nowhere/libtrkx_ep.so"* ]]
    echo nothing >"$BATS_TEST_TMPDIR/none.so"
    TRKX_EP_LIBRARY=$BATS_TEST_TMPDIR/none.so run --separate-stderr "$TRKX" run --out "$BATS_TEST_TMPDIR/out" "$event"
    [ "$status" -eq 1 ]
    [[ $stderr == *"none.so"* ]]
    [ ! -e "$BATS_TEST_TMPDIR/out/$(basename "$event")-tracks.csv" ]
    TRKX_EP_LIBRARY=build/lib/libtrkx_ep.so run_refuses TRKX_EP_LIBRARY "is not an absolute path" -- "$event"
}

@test "without AVX-512 and without AVX2: the same tracks with any number of threads" {
    for features in avx512 avx512,avx2; do
        for threads in 1 4; do
            TRKX_DISABLE_CPU_FEATURES=$features "$TRKX" run --threads $threads --out "$BATS_TEST_TMPDIR/$threads" "$event"
        done
        cmp "$BATS_TEST_TMPDIR/1/$(basename "$event")-tracks.csv" "$BATS_TEST_TMPDIR/4/$(basename "$event")-tracks.csv"
    done
}
