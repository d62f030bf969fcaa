# The provider's kernels on aarch64 (NEON), compiled for it and run in an emulator.
load ../helpers

compiler=aarch64-linux-gnu-gcc
emulator=qemu-aarch64

# As ep/CMakeLists.txt compiles them; the checks strictly.
kernel_options=(-O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math)

@test "the kernels hold their checks on aarch64" {
    skip_where_slow
    command -v $compiler >/dev/null || skip "no $compiler here"
    command -v $emulator >/dev/null || skip "no $emulator here"
    cd "$repository"
    common=(-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Werror -I. -Isrc)
    $compiler "${common[@]}" "${kernel_options[@]}" -c ep/kernels_plain.c -o "$BATS_TEST_TMPDIR/kernels.o"
    $compiler "${common[@]}" -O2 -ffp-contract=off -static ep/kernels.c ep/kernels_best.c src/core/cpu.c "$BATS_TEST_TMPDIR/kernels.o" \
        tests/ep/kernel_checks.c tests/ep/kernels_aarch64.c -lm -o "$BATS_TEST_TMPDIR/checks"
    run $emulator "$BATS_TEST_TMPDIR/checks"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"neon: "* ]]
}
