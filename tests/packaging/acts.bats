#!/usr/bin/env bats
# Proves: adapters/acts builds against an installed trkx and ACTS' interface (tests/packaging/acts_interface stands in
# for ACTS), other projects find its package, its stages do what ACTS asks of them
# (tests/packaging/acts/test_acts.cpp, under UBSan and with the standard library's assertions), its examples find the
# tracks of trkx run, whatever the order of the space points, and trkx' own build includes it if ACTS is found.
load ../helpers

setup_file() {
    [ -z "$TRKX_SANITIZE" ] || return 0
    export prefix=$BATS_FILE_TMPDIR/prefix models=$BATS_FILE_TMPDIR/models
    export TRKX_EP_LIBRARY=$BUILD/lib/libtrkx_ep.so
    cmake --install "$BUILD" --prefix "$prefix" >/dev/null
    local options=(-G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DActs_DIR="$repository/tests/packaging/acts_interface"
        -DCMAKE_CXX_FLAGS="-D_GLIBCXX_ASSERTIONS -fsanitize=undefined -fno-sanitize-recover=all -Werror")
    ! pkg-config --exists pybind11 || options+=(-DTRKX_ACTS_PYTHON=ON -DPYTHON_EXECUTABLE=/usr/bin/python3)
    cmake -S "$repository/adapters/acts" -B "$BATS_FILE_TMPDIR/build" "${options[@]}" \
        -DCMAKE_INSTALL_PREFIX="$prefix" >/dev/null
    cmake --build "$BATS_FILE_TMPDIR/build" --target all trkx_acts_example
    cmake --install "$BATS_FILE_TMPDIR/build" >/dev/null
    cmake -S "$repository/tests/packaging/acts" -B "$BATS_FILE_TMPDIR/user" "${options[@]}" >/dev/null
    cmake --build "$BATS_FILE_TMPDIR/user"
    cp -r "$repository/models" "$models"
    chmod -R u+w "$models"
    # what the stages express of the bundles
    for bundle in default acat2021-like; do
        cp -r "$models/$bundle" "$models/$bundle-without-completion"
        jq 'del(.tracks.completion, .second)' "$repository/models/$bundle/bundle.json" \
            >"$models/$bundle-without-completion/bundle.json"
    done
    # the same networks, which are told that they take something else
    cp -r "$models/acat2021-like" "$models/without-positions"
    sed -i 's/"name": "r"/"name": "theta"/' "$models/without-positions/bundle.json"
}

setup() {
    skip_where_slow
}

@test "the stages" {
    "$BATS_FILE_TMPDIR/user/test_acts" "$models"
}

@test "the example finds what trkx finds" {
    "$TRKX" simulate --density 0.0245 --seed 3 --no-gzip --out "$BATS_TEST_TMPDIR"
    "$BATS_FILE_TMPDIR/build/trkx_acts_example" "$models/acat2021-like" "$BATS_TEST_TMPDIR/event000001000" \
        >"$BATS_TEST_TMPDIR/tracks"
    # the same settings as a bundle: walkthrough at 0.01
    cp -r "$models/acat2021-like" "$BATS_TEST_TMPDIR/bundle"
    chmod -R u+w "$BATS_TEST_TMPDIR/bundle"
    jq '.gnn.cut = 0.01 | .tracks = {method: "walkthrough", min_hits: 3}' "$models/acat2021-like/bundle.json" \
        >"$BATS_TEST_TMPDIR/bundle/bundle.json"
    "$TRKX" run --bundle "$BATS_TEST_TMPDIR/bundle" --out "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/event000001000"
    awk '{ for (i = 1; i <= NF; i++) print $i + 1 "," NR }' "$BATS_TEST_TMPDIR/tracks" | sort -n >"$BATS_TEST_TMPDIR/here"
    grep -v -e track_id -e ',0$' "$BATS_TEST_TMPDIR/event000001000-tracks.csv" | sort -n >"$BATS_TEST_TMPDIR/there"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/there")" -gt 1000 ]
    [ "$(diff "$BATS_TEST_TMPDIR/here" "$BATS_TEST_TMPDIR/there" | grep -c '^[<>]')" -le 40 ] # rounding of r
    run "$BATS_FILE_TMPDIR/build/trkx_acts_example" "$models/acat2021-like" none
    [ "$status" -eq 1 ]
    [[ $output == *none-hits.csv* ]]
}

@test "trkx' own build takes the adapter in where ACTS is found, and does without elsewhere" {
    cmake -S "$repository" -B "$BATS_TEST_TMPDIR/with" -G Ninja -DTRKX_TESTS=OFF \
        -DActs_DIR="$repository/tests/packaging/acts_interface" >"$BATS_TEST_TMPDIR/log"
    ninja -C "$BATS_TEST_TMPDIR/with" -t query lib/libtrkx_acts.so
    run ninja -C "$BUILD" -t query lib/libtrkx_acts.so
    [ "$status" -ne 0 ]
}

@test "the module for ACTS' Python: its example finds what that in C++ finds" {
    pkg-config --exists pybind11 || skip "no pybind11 here"
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" simulate --density 0.0245 --seed 3 --no-gzip --out .
    # installed, and found by nothing but its place
    readelf -d "$prefix/lib/python"/trkx_acts.*.so | grep -F '[$ORIGIN/..'
    PYTHONDONTWRITEBYTECODE=1 \
        PYTHONPATH=$repository/adapters/acts/example:$BATS_FILE_TMPDIR/user/python:$prefix/lib/python /usr/bin/python3 \
        "$repository/tests/packaging/acts/test_python.py" "$models/acat2021-like" event000001000-hits.csv >tracks
    "$BATS_FILE_TMPDIR/build/trkx_acts_example" "$models/acat2021-like" event000001000 >expected
    [ "$(wc -l <expected)" -gt 100 ]
    cmp tracks expected
}
