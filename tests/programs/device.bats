# Proves, of --device: a missing library is reported; with the source of gpu/ built for the processor (CUDA_HOST), the
# tracks, scores and embeddings of a "device" are the CPU's, events are spread over several, and bench prints its table.
load ../helpers

setup_file() {
    : "${CUDA_HOST:=$BUILD/lib/libtrkx_cuda_host.so}"
    export CUDA_HOST
    "$TRKX" simulate --events 3 --density 0.0082 --seed 3 --no-gzip --out "$BATS_FILE_TMPDIR/events"
    export event=$BATS_FILE_TMPDIR/events/event000001000
}

@test "without a GPU's library: what is missing and what to do" {
    TRKX_CUDA_LIBRARY=/nowhere/libtrkx_cuda.so run_refuses /nowhere/libtrkx_cuda.so "cannot be loaded" \
        -- --device cuda:0 "$event"
    echo nothing >"$BATS_TEST_TMPDIR/none.so"
    TRKX_CUDA_LIBRARY=$BATS_TEST_TMPDIR/none.so run_refuses none.so "cannot be loaded" -- --device cuda:0 "$event"
    TRKX_CUDA_LIBRARY=$BUILD/lib/libtrkx_ep.so run_refuses libtrkx_ep.so "is not libtrkx_cuda" \
        -- --device cuda:0 "$event"
}

@test "where no library is found: where it was looked for" {
    cp -r "$(dirname "$TRKX")" "$BATS_TEST_TMPDIR/bin"
    cp -rP "$BUILD/lib" "$BATS_TEST_TMPDIR/lib"
    rm -f "$BATS_TEST_TMPDIR/lib/libtrkx_cuda.so"
    TRKX_BUNDLE=$bundle refuses 1 "no libtrkx_cuda.so beside" TRKX_CUDA_LIBRARY \
        "device cpu" -- "$BATS_TEST_TMPDIR/bin/trkx" run --device cuda:0 --out "$(out)" "$event"
    is_empty "$(out)"
}

@test "the library for GPUs on a machine without driver: says so" {
    [ -e "$BUILD/lib/libtrkx_cuda.so" ] || skip "no nvcc here: libtrkx_cuda.so is not built"
    [ ! -e /dev/nvidia0 ] || skip "there is a GPU"
    TRKX_CUDA_LIBRARY=$BUILD/lib/libtrkx_cuda.so run_refuses driver -- --device cuda:0 "$event"
}

@test "--device auto without a GPU: runs on the CPU and says so once" {
    TRKX_CUDA_LIBRARY=/nowhere/libtrkx_cuda.so run --separate-stderr "$TRKX" run --device auto --out "$(out)" \
        "$BATS_FILE_TMPDIR/events"
    [ "$status" -eq 0 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "trkx: running on the CPU: /nowhere/libtrkx_cuda.so"* ]]
    "$TRKX" run --out "$BATS_TEST_TMPDIR/cpu" "$event"
    cmp "$(out)/event000001000-tracks.csv" "$BATS_TEST_TMPDIR/cpu/event000001000-tracks.csv"
    jq -e '.device == "cpu"' "$(out)/event000001000-ledger.json"
}

@test "wrong devices and sizes are refused" {
    for command in "run --out $(out)" "stage embed --out $(out).npy" "bench pipeline --event"; do
        refuses 2 "--device: \"gpu\" is not cpu, auto, cuda:N" -- "$TRKX" $command "$event" --device gpu
        refuses 2 "--max-memory is for GPUs: name one with --device" -- "$TRKX" $command "$event" --max-memory 1G
        refuses 2 "--tf32 is for GPUs" -- "$TRKX" $command "$event" --device cpu --tf32
    done
    refuses 2 "names more than 64 devices" -- \
        "$TRKX" run --device "cuda:0$(printf ',cuda:%s' {1..64})" --out "$(out)" "$event"
    for size in 5X 0 -1 "" 5GB 99999999999T; do
        refuses 2 max-memory -- "$TRKX" run --device cuda:0 --max-memory "$size" --out "$(out)" "$event"
    done
    refuses 2 edges -- "$TRKX" bench --device cuda:0 edges
    refuses 2 radius -- "$TRKX" stage radius --device cuda:0 --out "$(out)" points.npy
}

@test "a device finds the CPU's tracks" {
    TRKX_CUDA_LIBRARY=$CUDA_HOST "$TRKX" run --device cuda:0 --max-memory 512M --out "$(out)" "$event"
    "$TRKX" run --kernels stock --out "$BATS_TEST_TMPDIR/cpu" "$event"
    cmp "$(out)/event000001000-tracks.csv" "$BATS_TEST_TMPDIR/cpu/event000001000-tracks.csv"
    jq -e '.device == "cuda:0"' "$(out)/event000001000-ledger.json"
    for file in "$(out)" "$BATS_TEST_TMPDIR/cpu"; do
        jq -c '[.steps[] | [.name, .nodes, .edges, .edge_efficiency, .edge_purity]]' "$file/event000001000-ledger.json"
    done | uniq | wc -l | grep -qx 1
}

@test "events are spread over the devices" {
    skip_where_slow
    TRKX_CUDA_LIBRARY=$CUDA_HOST "$TRKX" run --device cuda:0,cuda:0 --out "$(out)" "$BATS_FILE_TMPDIR/events"
    "$TRKX" run --kernels stock --out "$BATS_TEST_TMPDIR/cpu" "$BATS_FILE_TMPDIR/events"
    for tracks in "$(out)"/*-tracks.csv; do cmp "$tracks" "$BATS_TEST_TMPDIR/cpu/$(basename "$tracks")"; done
    [ "$(ls "$(out)"/*-tracks.csv | wc -l)" -eq 3 ]
}

@test "a budget that cannot be kept is refused with the need, and nothing is written" {
    TRKX_CUDA_LIBRARY=$CUDA_HOST run_refuses "bytes" "budget" -- --device cuda:0 --max-memory 100K "$event"
}

@test "stage embed, filter and gnn on a device: the CPU's bytes" {
    cd "$BATS_TEST_TMPDIR"
    export TRKX_CUDA_LIBRARY=$CUDA_HOST
    for device in cpu cuda:0; do
        "$TRKX" stage embed --device $device --kernels stock --out $device-embed.npy "$event"
        "$TRKX" stage radius --radius 0.3 --out edges.npy $device-embed.npy
        for network in filter gnn; do
            "$TRKX" stage features --network $network --out features.npy "$event"
            "$TRKX" stage $network --device $device --kernels stock --out $device-$network.npy features.npy edges.npy
        done
    done
    for step in embed filter gnn; do cmp cpu-$step.npy cuda:0-$step.npy; done
}

@test "bench on a device: checked, and a table of every step" {
    skip_where_slow
    TRKX_CUDA_LIBRARY=$CUDA_HOST run "$TRKX" bench --device cuda:0 --repeat 2 --event "$event" \
        --csv "$BATS_TEST_TMPDIR/bench.csv"
    [ "$status" -eq 0 ]
    [[ $output == *"device cuda:0, host"* && $output == *"0 of 2 runs gave different tracks"* ]]
    for step in features embed edges filter gnn tracks total; do
        grep -q "^pipeline,$step," "$BATS_TEST_TMPDIR/bench.csv"
    done
    run ! grep -qv "^pipeline,\|^part," "$BATS_TEST_TMPDIR/bench.csv"
}
