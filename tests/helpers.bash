# Shared by the tests of the command line. From tests/CMakeLists.txt: TRKX, MINIMAL (programs), BUILD (the
# build tree), TRKX_SANITIZE (sanitizers, or "coverage": heavy tests are skipped there).
bats_require_minimum_version 1.5.0
: "${TRKX:=$PWD/build/bin/trkx}" "${MINIMAL:=$PWD/build/bin/minimal}" "${BUILD:=$PWD/build}" "${TRKX_SANITIZE:=}"

repository=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
shared=$repository/../shared/data
bundle=${TRKX_BUNDLE:-$repository/models/default}
header_of_hits=hit_id,x,y,z,volume_id,layer_id,module_id

# One small simulated event a file of tests, in plain CSV: $event is its prefix. Tests change copies.
make_event() { # density
    "$TRKX" simulate --density "$1" --seed 3 --no-gzip --out "$BATS_FILE_TMPDIR/events"
    export event=$BATS_FILE_TMPDIR/events/event000001000
}

# A copy for this test: $copy is its prefix.
copy_event() {
    mkdir -p "$BATS_TEST_TMPDIR/in"
    cp "$event"-*.csv "$BATS_TEST_TMPDIR/in/"
    copy=$BATS_TEST_TMPDIR/in/event000001000
}

# A copy of the bundle, to be spoilt.
copy_bundle() {
    spoilt=$BATS_TEST_TMPDIR/bundle
    cp -r "$bundle" "$spoilt"
    chmod -R u+w "$spoilt"
}

out() { printf '%s' "$BATS_TEST_TMPDIR/out"; }

skip_where_slow() {
    [ -z "$TRKX_SANITIZE" ] || skip "too slow under $TRKX_SANITIZE"
}

needs_shared() { # file below ../shared/data
    [ -e "$shared/$1" ] || skip "no ../shared/data/$1 here"
}

# Runs a command that has to fail with this code: nothing on standard output, one line on standard error, which
# holds every one of the texts (up to "--").
refuses() { # code text... -- command...
    local code=$1 texts=()
    shift
    while [ "$1" != -- ]; do texts+=("$1"); shift; done
    shift
    run --separate-stderr "$@"
    echo "status $status, standard error: $stderr"
    [ "$status" -eq "$code" ]
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "trkx: "* ]]
    local text
    for text in "${texts[@]}"; do [[ $stderr == *"$text"* ]] || { echo "it lacks: $text"; return 1; }; done
}

# The same of `trkx run` on an event, which has to leave nothing in --out.
run_refuses() { # text... -- event [options]
    local texts=()
    while [ "$1" != -- ]; do texts+=("$1"); shift; done
    shift
    refuses 1 "${texts[@]}" -- "$TRKX" run --out "$(out)" "$@"
    is_empty "$(out)"
}

is_empty() { # directory, which may be missing
    [ ! -d "$1" ] || [ -z "$(ls -A "$1")" ] || { ls -A "$1"; return 1; }
}

# The n-th line of a file through sed, in place.
change_line() { # file line sed-command
    sed -i "$2$3" "$1"
}

# A number from a JSON file written by trkx: the first value of this name.
number() { # file name
    sed -n "s/.*\"$2\": *\([-0-9.e+]*\).*/\1/p" "$1" | head -n 1
}

at_least() { # a b
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'
}

# Share of the hits on which two files of tracks agree: hits of tracks that pair up by double majority, and hits
# on no track in both.
agreement() { # tracks tracks
    awk -F, 'FNR == 1 { next }
        NR == FNR { label[$1] = $2; size_a[$2]++; next }
        { size_b[$2]++; both[label[$1] "," $2]++; hits++ }
        END {
            for (pair in both) {
                split(pair, t, ",")
                paired = t[1] > 0 && t[2] > 0 && 2 * both[pair] > size_a[t[1]] && 2 * both[pair] > size_b[t[2]]
                if (paired || (t[1] == 0 && t[2] == 0)) agreed += both[pair]
            }
            printf "%.4f\n", (hits > 0 ? agreed / hits : 1)
        }' "$1" "$2"
}
