# What nvcc built: one symbol, nothing needed but the system's libraries, and no kernel of ours that spills.

setup() {
    [ -e "$BUILD/lib/libtrkx_cuda.so" ] || skip "there is no nvcc: libtrkx_cuda.so is not built"
}

@test "the CUDA library exports its table alone" {
    run bash -c "nm -D --defined-only '$BUILD/lib/libtrkx_cuda.so' | awk '{ print \$3 }'"
    [ "$output" = trkx_cuda_interface ]
}

@test "the CUDA library needs no CUDA library to be loaded" {
    run bash -c "objdump -p '$BUILD/lib/libtrkx_cuda.so' | grep -E 'NEEDED.*(cuda|nv)'"
    [ "$status" = 1 ]
}

@test "every kernel has its registers in the table" {
    for kernel in count_pairs fill_pairs find_limit connect_edges copy_over describe_hit; do
        grep -qE "^$kernel( +[0-9]+(\+[0-9]+)?)+$" "$BUILD/gpu/registers.txt"
    done
}

@test "a kernel that spills fails the build" {
    printf "%s\n" "ptxas info    : Compiling entry function '_Z8run_bodyI11count_pairsEvmT_' for 'sm_90'" \
        "    16 bytes stack frame, 44 bytes spill stores, 44 bytes spill loads" \
        "ptxas info    : Used 32 registers, used 0 barriers" >"$BATS_TEST_TMPDIR/report"
    run awk -f gpu/registers.awk -v table="$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/report"
    [ "$status" = 1 ]
    [[ "$output" == "count_pairs spills 88 bytes on sm_90" ]]
}
