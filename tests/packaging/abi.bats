#!/usr/bin/env bats
# Proves: libtrkx has the ABI described in tests/packaging/abi/libtrkx.abixml, apart from additions; and that the
# check rejects removed and changed functions and structs unless the SOVERSION is new.
load ../helpers

setup() {
    skip_where_slow
    command -v abidiff >/dev/null || skip "no abidiff here"
    export TRKX_ABI_BUILD=$BATS_FILE_TMPDIR/build
    described=$repository/tests/packaging/abi/libtrkx.abixml
    old=$BATS_TEST_TMPDIR/old.abixml
}

# What was described is another one: changed by sed.
check_against() { # sed-command
    sed "$1" "$described" >"$old"
    run ! cmp -s "$described" "$old"
    run "$repository/scripts/abi" --check "$old"
    echo "$output"
}

@test "the ABI is that of the description" {
    run "$repository/scripts/abi" --check
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"is as it was"* ]]
}

@test "an addition is welcome" {
    check_against "/<elf-symbol name='trkx_walkthrough'/d; s/trkx_walkthrough' *elf-symbol-id='trkx_walkthrough'/x'/"
    [ "$status" -eq 0 ]
}

@test "a function that is gone is refused" {
    check_against "s/trkx_version'/trkx_older'/g"
    [ "$status" -eq 1 ]
    [[ $output == *trkx_older* ]]
    [[ $output == *"raise SOVERSION"* ]]
}

@test "a struct that has changed is refused" {
    check_against "s/<var-decl name='saturated' type-id='[^']*'/<var-decl name='saturated' type-id='95e97e5e'/"
    [ "$status" -eq 1 ]
    [[ $output == *saturated* ]]
}

@test "an enumerator with another value is refused" {
    check_against "s/<enumerator name='TRKX_FEATURE_TILT' value='[0-9]*'/<enumerator name='TRKX_FEATURE_TILT' value='99'/"
    [ "$status" -eq 1 ]
    [[ $output == *TRKX_FEATURE_TILT* ]]
}

@test "with a new SOVERSION there is nothing to compare" {
    check_against "s/soname='libtrkx.so.0'/soname='libtrkx.so.old'/; s/trkx_version'/trkx_older'/g"
    [ "$status" -eq 0 ]
    [[ $output == *"a new ABI, libtrkx.so.0 after libtrkx.so.old"* ]]
}
