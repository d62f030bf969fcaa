#!/usr/bin/env bats
# Proves: each kind of bad input makes the program print one line that names file, line and cause, exit with code 1
# and write no output; events without hits, or with one, are valid.
load ../helpers

setup_file() { make_event 0.0033; }

teardown() {
    ! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount "$BATS_TEST_TMPDIR/disk"
}

# ---- events --------------------------------------------------------------------------------------------

@test "a missing file is named" {
    run_refuses "nowhere/event1-hits.csv" "No such file" -- "$BATS_TEST_TMPDIR/nowhere/event1"
    run_refuses "path of the event is empty" -- ""
}

@test "a directory without events is named" {
    mkdir "$BATS_TEST_TMPDIR/empty"
    run_refuses "$BATS_TEST_TMPDIR/empty" "no event" -- "$BATS_TEST_TMPDIR/empty"
}

@test "a file that is not CSV" {
    copy_event
    head -c 5000 "$TRKX" >"$copy-hits.csv"
    run_refuses "$copy-hits.csv:1" -- "$copy"
    printf '{"hits": [1, 2, 3]}\n' >"$copy-hits.csv"
    run_refuses "$copy-hits.csv:1" -- "$copy"
}

@test "a missing column is named" {
    copy_event
    change_line "$copy-hits.csv" 1 's/,y,/,why,/'
    run_refuses "$copy-hits.csv:1" "column" "y" -- "$copy"
}

@test "a missing column of the truth is named" {
    copy_event
    change_line "$copy-truth.csv" 1 's/weight/weights/'
    run_refuses "$copy-truth.csv:1" "column" "weight" -- "$copy"
}

@test "a column given twice" {
    copy_event
    change_line "$copy-hits.csv" 1 's/,y,/,x,/'
    run_refuses "$copy-hits.csv:1" -- "$copy"
}

@test "text in a number" {
    copy_event
    change_line "$copy-hits.csv" 5 's/^\([^,]*\),[^,]*,/\1,12abc,/'
    run_refuses "$copy-hits.csv:5" "12abc" -- "$copy"
    change_line "$copy-hits.csv" 5 's/,12abc,/,,/'
    run_refuses "$copy-hits.csv:5" -- "$copy"
    change_line "$copy-hits.csv" 5 's/,,/,0x10,/'
    run_refuses "$copy-hits.csv:5" "0x10" -- "$copy"
}

@test "NaN" {
    copy_event
    change_line "$copy-hits.csv" 7 's/^\([^,]*\),[^,]*,/\1,nan,/'
    run_refuses "$copy-hits.csv:7" "nan" -- "$copy"
}

@test "infinity, spelt out or too large for a float" {
    copy_event
    change_line "$copy-hits.csv" 3 's/^\([^,]*\),[^,]*,/\1,-inf,/'
    run_refuses "$copy-hits.csv:3" "-inf" -- "$copy"
    change_line "$copy-hits.csv" 3 's/,-inf,/,1e39,/'
    run_refuses "$copy-hits.csv:3" "1e39" -- "$copy"
}

@test "a fraction in an id" {
    copy_event
    change_line "$copy-hits.csv" 4 's/^[^,]*,/4.5,/'
    run_refuses "$copy-hits.csv:4" "4.5" -- "$copy"
}

@test "too few and too many fields" {
    copy_event
    change_line "$copy-hits.csv" 9 's/,[^,]*$//'
    run_refuses "$copy-hits.csv:9" -- "$copy"
    change_line "$copy-hits.csv" 9 's/$/,1,1/'
    run_refuses "$copy-hits.csv:9" -- "$copy"
}

@test "a hit id given twice" {
    copy_event
    second=$(sed -n 2p "$copy-hits.csv")
    change_line "$copy-hits.csv" 6 "s/^[^,]*,/${second%%,*},/"
    run_refuses "$copy-hits.csv:6" "${second%%,*}" -- "$copy"
}

@test "truth for other hits" {
    copy_event
    change_line "$copy-truth.csv" 5 's/^[^,]*,/999999999,/'
    run_refuses "$copy-truth.csv:5" "999999999" -- "$copy"
}

@test "truth that lacks a hit" {
    copy_event
    change_line "$copy-truth.csv" 5 'd'
    run_refuses "$copy-truth.csv" -- "$copy"
}

@test "cells of other hits" {
    copy_event
    change_line "$copy-cells.csv" 5 's/^[^,]*,/999999999,/'
    refuses 1 "$copy-cells.csv:5" "999999999" -- "$TRKX" stage features --out "$BATS_TEST_TMPDIR/f.npy" "$copy"
    [ ! -e "$BATS_TEST_TMPDIR/f.npy" ]
}

@test "truncated gzip" {
    copy_event
    gzip "$copy-hits.csv"
    size=$(stat -c %s "$copy-hits.csv.gz")
    for keep in $((size / 2)) $((size - 4)) 12; do
        gzip_copy=$BATS_TEST_TMPDIR/cut
        mkdir -p "$gzip_copy"
        head -c "$keep" "$copy-hits.csv.gz" >"$gzip_copy/event1-hits.csv.gz"
        run_refuses "$gzip_copy/event1-hits.csv.gz" "gzip" -- "$gzip_copy/event1"
    done
}

@test "damaged gzip, and no gzip in spite of its name" {
    copy_event
    gzip "$copy-hits.csv"
    printf '\377\377\377\377' | dd of="$copy-hits.csv.gz" bs=1 seek=200 conv=notrunc status=none
    run_refuses "$copy-hits.csv.gz" "gzip" -- "$copy"
    printf '%s\n' "$header_of_hits" >"$copy-hits.csv.gz"
    run_refuses "$copy-hits.csv.gz" "gzip" -- "$copy"
}

@test "an empty file" {
    copy_event
    : >"$copy-hits.csv"
    run_refuses "$copy-hits.csv" "empty" -- "$copy"
    gzip -c </dev/null >"$copy-hits.csv.gz"
    rm "$copy-hits.csv"
    run_refuses "$copy-hits.csv.gz" "empty" -- "$copy"
}

@test "a directory in the place of a file" {
    mkdir -p "$BATS_TEST_TMPDIR/in/event1-hits.csv"
    run_refuses "event1-hits.csv" -- "$BATS_TEST_TMPDIR/in/event1"
}

@test "pipes, devices and sockets in the place of an event's file" {
    copy_event
    for part in hits cells; do
        mv "$copy-$part.csv" "$BATS_TEST_TMPDIR/$part"
        mkfifo "$copy-$part.csv"
        run_refuses "$copy-$part.csv" "is a pipe" -- "$copy"
        ln -sf /dev/zero "$copy-$part.csv"
        run_refuses "$copy-$part.csv" "is a device" -- "$copy"
        ln -sf "$BATS_TEST_TMPDIR/$part" "$copy-$part.csv"
    done
    "$TRKX" run --out "$(out)" "$copy"
}

@test "tracks through a pipe: read; of a device, or without an end: refused; with nothing in it: interrupted" {
    copy_event
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" run --out . "$copy"
    "$TRKX" evaluate "$copy" event000001000-tracks.csv >file
    gzip -c event000001000-tracks.csv >tracks.gz
    "$TRKX" evaluate "$copy" <(cat event000001000-tracks.csv) | diff file -
    "$TRKX" evaluate "$copy" /dev/stdin <tracks.gz | diff file -
    refuses 1 "/dev/zero" "is a device" -- "$TRKX" evaluate "$copy" /dev/zero
    mkfifo fifo
    run timeout -s INT 1 "$TRKX" evaluate "$copy" fifo
    [ "$status" -eq 124 ]
}

@test "gzip that unpacks without end" {
    copy_event
    rm "$copy-hits.csv"
    head -c 150M /dev/zero | gzip >"$copy-hits.csv.gz"
    run_refuses "$copy-hits.csv.gz" "unpacks to more than" "64 MiB" -- "$copy"
}

@test "bad events among good ones: a line for each, nothing of them is left, the others are done" {
    copy_event
    for number in 1001 1002 1003; do
        for part in hits cells truth; do cp "$copy-$part.csv" "$BATS_TEST_TMPDIR/in/event00000$number-$part.csv"; done
    done
    change_line "$BATS_TEST_TMPDIR/in/event000001001-hits.csv" 2 's/,/,oops/' # fails while it is read
    change_line "$BATS_TEST_TMPDIR/in/event000001002-hits.csv" 4 's/,[^,]*$/,99999/' # and after that
    for jobs in 1 3; do
        run --separate-stderr "$TRKX" run --jobs $jobs --out "$(out)/$jobs" "$BATS_TEST_TMPDIR/in"
        [ "$status" -eq 1 ]
        [ "${#stderr_lines[@]}" -eq 3 ]
        [[ ${stderr_lines[0]} == "trkx: $BATS_TEST_TMPDIR/in/event000001001-hits.csv:2: "*oops* ]]
        [[ ${stderr_lines[1]} == "trkx: event000001002: hits: "*99999* ]]
        [ "${stderr_lines[2]}" = "trkx: 2 of 4 events failed" ]
        [ "$(cd "$(out)/$jobs" && echo *)" = "event000001000-ledger.json event000001000-tracks.csv \
event000001003-ledger.json event000001003-tracks.csv" ]
        run --separate-stderr "$TRKX" run --stop-on-error --jobs $jobs --out "$(out)/stop$jobs" "$BATS_TEST_TMPDIR/in"
        [ "$status" -eq 1 ]
        [ "${#stderr_lines[@]}" -eq 2 ]
        [[ ${stderr_lines[0]} == *"event000001001-hits.csv:2: "* ]]
        [ "${stderr_lines[1]}" = "trkx: 1 of 4 events failed, 2 were not run" ]
        [ "$(cd "$(out)/stop$jobs" && echo *)" = "event000001000-ledger.json event000001000-tracks.csv" ]
    done
}

@test "a message after the reading names the event" {
    copy_event
    change_line "$copy-hits.csv" 4 's/,[^,]*$/,99999/'
    run_refuses "event000001000: hits: " "99999" -- "$copy"
    refuses 1 "event000001000: hits: " "99999" -- "$TRKX" stage features --out "$BATS_TEST_TMPDIR/f.npy" "$copy"
}

@test "particles that cannot be used are no reason to have no tracks" {
    "$TRKX" run --out "$(out)/good" "$event"
    copy_event
    change_line "$copy-particles.csv" 3 's/^[^,]*,/x,/'
    run --separate-stderr "$TRKX" run --out "$(out)" "$copy"
    [ "$status" -eq 0 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "trkx: event000001000: not compared with the truth: $copy-particles.csv:"* ]]
    cmp "$(out)/good/event000001000-tracks.csv" "$(out)/event000001000-tracks.csv"
    [[ $(jq -r .truth_note "$(out)/event000001000-ledger.json") == "$copy-particles.csv:"* ]]
    run jq -e '.. | .edge_purity? // empty' "$(out)/event000001000-ledger.json"
    [ -z "$output" ]
}

@test "two events of one name are refused before anything is done; one that is named twice is one" {
    copy_event
    cp -r "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/other"
    cp -r "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/third"
    local in="$BATS_TEST_TMPDIR/in" other="$BATS_TEST_TMPDIR/other" third="$BATS_TEST_TMPDIR/third"
    refuses 1 "2 events are named event000001000 ($in/event000001000, $other/event000001000): their tracks would" -- \
        "$TRKX" run --out "$(out)" "$in" "$other"
    refuses 1 "3 events are named event000001000 ($in/event000001000, $other/event000001000, $third/event000001000): " \
        "run them with different --out" -- "$TRKX" run --out "$(out)" "$in" "$other" "$third"
    [ ! -e "$(out)" ]
    ln -s in "$BATS_TEST_TMPDIR/link"
    cp "$copy-hits.csv" "$BATS_TEST_TMPDIR/in/event000001000-hits.csv.part" # left by a process that was killed
    "$TRKX" run --verbose --out "$(out)" "$copy-truth.csv" "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/link/event000001000" \
        "$BATS_TEST_TMPDIR/other/../in/event000001000-hits.csv" >"$BATS_TEST_TMPDIR/screen"
    [ "$(grep -c "^event.* tracks$" "$BATS_TEST_TMPDIR/screen")" -eq 1 ]
    [ "$(ls "$(out)" | wc -l)" -eq 2 ]
}

@test "a header without rows is a valid event without tracks" {
    mkdir -p "$BATS_TEST_TMPDIR/in"
    printf '%s\n' "$header_of_hits" >"$BATS_TEST_TMPDIR/in/none-hits.csv"
    "$TRKX" run --out "$(out)" "$BATS_TEST_TMPDIR/in/none"
    [ "$(cat "$(out)/none-tracks.csv")" = hit_id,track_id ]
    [ "$(number "$(out)/none-ledger.json" hits)" = 0 ]
    [ "$(number "$(out)/none-ledger.json" tracks)" = 0 ]
}

@test "cells or truth of an event without hits" {
    copy_event
    sed -i 1q "$copy-hits.csv"
    run_refuses "$copy-cells.csv" "the event's file of hits has only a header" -- "$copy"
    rm "$copy-cells.csv"
    refuses 1 "$copy-truth.csv" "the event's file of hits has only a header" -- "$TRKX" evaluate "$copy" none.csv
}

@test "a file whose name is no event's" {
    copy_event
    mv "$copy-hits.csv" "$BATS_TEST_TMPDIR/hits.csv"
    run_refuses "$BATS_TEST_TMPDIR/hits.csv: is not named like a file of an event (event000001000-hits.csv): rename it" -- \
        "$BATS_TEST_TMPDIR/hits.csv"
}

@test "one hit is a valid event without tracks" {
    mkdir -p "$BATS_TEST_TMPDIR/in"
    printf '%s\n7,32.5,-1,20,8,2,13\n' "$header_of_hits" >"$BATS_TEST_TMPDIR/in/one-hits.csv"
    printf 'hit_id,ch0,ch1,value\n7,10,20,0.3\n' >"$BATS_TEST_TMPDIR/in/one-cells.csv"
    "$TRKX" run --out "$(out)" "$BATS_TEST_TMPDIR/in/one"
    [ "$(cat "$(out)/one-tracks.csv")" = $'hit_id,track_id\n7,0' ]
    [ "$(number "$(out)/one-ledger.json" hits)" = 1 ]
}

@test "tracks of other hits, given twice, or not tracks" {
    copy_event
    cd "$BATS_TEST_TMPDIR"
    first=$(sed -n 2p "$copy-hits.csv")
    first=${first%%,*}
    printf 'hit_id,track_id\n%s,1\n999999999,1\n' "$first" >unknown.csv
    refuses 1 "unknown.csv:3" "999999999" -- "$TRKX" evaluate --json m.json "$copy" unknown.csv
    printf 'hit_id,track_id\n%s,1\n%s,2\n' "$first" "$first" >twice.csv
    refuses 1 "twice.csv:3" "$first" -- "$TRKX" evaluate --json m.json "$copy" twice.csv
    printf 'hit,track\n%s,1\n' "$first" >columns.csv
    refuses 1 "columns.csv:1" "hit_id" -- "$TRKX" evaluate --json m.json "$copy" columns.csv
    refuses 1 "missing.csv" -- "$TRKX" evaluate --json m.json "$copy" missing.csv
    rm "$copy-truth.csv"
    refuses 1 "$copy-truth.csv" -- "$TRKX" evaluate --json m.json "$copy" unknown.csv
    [ ! -e m.json ]
}

@test "arrays that are not arrays" {
    cd "$BATS_TEST_TMPDIR"
    printf '1,2\n3,four\n' >text.csv
    refuses 1 "text.csv:2" "four" -- "$TRKX" stage radius --out e.npy text.csv
    printf '1,2\n3\n' >ragged.csv
    refuses 1 "ragged.csv:2" -- "$TRKX" stage radius --out e.npy ragged.csv
    printf 'not numpy' >array.npy
    refuses 1 "array.npy" -- "$TRKX" stage radius --out e.npy array.npy
    refuses 1 "missing.npy" -- "$TRKX" stage radius --out e.npy missing.npy
    printf '0,1\n1,-2\n' >edges.csv
    refuses 1 -- "$TRKX" stage components --out e.npy edges.csv
    [ ! -e e.npy ]
}

# ---- bundles -------------------------------------------------------------------------------------------

# A field of bundle.json.
field() { # section field
    jq -r ".$1.$2" "$spoilt/bundle.json"
}

@test "a bundle with a missing field, or one that is misspelt" {
    copy_bundle
    jq 'del(.embedding.radius)' "$bundle/bundle.json" >"$spoilt/bundle.json"
    run_refuses "$spoilt/bundle.json" "embedding.radius" "missing" -- --bundle "$spoilt" "$event"
    sed 's/"radius"/"radios"/' "$bundle/bundle.json" >"$spoilt/bundle.json"
    run_refuses "$spoilt/bundle.json" "embedding.radios" "did you mean radius?" -- --bundle "$spoilt" "$event"
}

@test "a bundle that is not JSON" {
    copy_bundle
    printf '{\n"schema": 1,\noops\n' >"$spoilt/bundle.json"
    run_refuses "$spoilt/bundle.json:3" -- --bundle "$spoilt" "$event"
}

@test "a bundle that is not there" {
    run_refuses "nowhere/bundle.json" -- --bundle "$BATS_TEST_TMPDIR/nowhere" "$event"
    run_refuses "path of the bundle is empty" -- --bundle "" "$event"
}

@test "a bundle whose model is not there" {
    copy_bundle
    rm "$spoilt/$(field filter file)"
    run_refuses "$spoilt/$(field filter file)" "No such file" -- --bundle "$spoilt" "$event"
}

@test "a model with another checksum" {
    copy_bundle
    printf 'x' >>"$spoilt/$(field gnn file)"
    run_refuses "$spoilt/$(field gnn file)" "SHA-256" "$(field gnn sha256)" -- --bundle "$spoilt" "$event"
}

@test "a model that is no network" {
    copy_bundle
    put_model embedding "not a network"
    run_refuses "$spoilt/$(field embedding file)" -- --bundle "$spoilt" "$event"
}

# Replaces a network and its checksum.
put_model() { # section bytes-as-printf-format
    local file
    file=$spoilt/$(field "$1" file)
    local before
    before=$(field "$1" sha256)
    printf "$2" >"$file"
    local after
    after=$(sha256sum "$file")
    sed -i "s/$before/${after%% *}/" "$spoilt/bundle.json"
}

# An ONNX model of one node, Identity, from sp_features to embedding_output, both of the given shape: protobuf
# fields by hand (onnx.proto3: ModelProto 1 ir_version, 7 graph, 8 opset_import; element type 1 float, 7 int64).
identity() { # element-type extent... ("n" for a dynamic one)
    local dims="" extent element=$1
    shift
    for extent in "$@"; do
        if [ "$extent" = n ]; then dims+=$(bytes 0a "$(bytes 12 "$(text n)")"); else
            dims+=$(bytes 0a "08$(printf %02x "$extent")"); fi
    done
    local type graph
    type=$(bytes 0a "080$element$(bytes 12 "$dims")")
    graph=$(bytes 0a "$(bytes 0a "$(text sp_features)")$(bytes 12 "$(text embedding_output)")$(bytes 22 "$(text Identity)")")
    graph+=$(bytes 12 "$(text g)")
    graph+=$(bytes 5a "$(bytes 0a "$(text sp_features)")$(bytes 12 "$type")")
    graph+=$(bytes 62 "$(bytes 0a "$(text embedding_output)")$(bytes 12 "$type")")
    printf '0808%s%s' "$(bytes 3a "$graph")" "$(bytes 42 1010)" | sed 's/../\\x&/g'
}

text() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

# A length-delimited field: tag, length as a varint, content; all in hexadecimal.
bytes() { # tag content
    local length=$((${#2} / 2)) varint=""
    while [ $length -ge 128 ]; do varint+=$(printf %02x $((length % 128 + 128))) && length=$((length / 128)); done
    printf '%s%s%02x%s' "$1" "$varint" "$length" "$2"
}

@test "a model with another input name" {
    copy_bundle
    put_model embedding "$(identity 1 n 8)"
    sed -i 's/"sp_features"/"hit_features"/' "$spoilt/bundle.json"
    run_refuses "$spoilt/$(field embedding file)" "hit_features" "sp_features" -- --bundle "$spoilt" "$event"
}

@test "a model with another output name" {
    copy_bundle
    sed -i 's/"embedding_output"/"points"/' "$spoilt/bundle.json"
    run_refuses "$spoilt/$(field embedding file)" "points" "embedding_output" -- --bundle "$spoilt" "$event"
}

@test "a model with another rank" {
    copy_bundle
    put_model embedding "$(identity 1 n n 8)"
    run_refuses "$spoilt/$(field embedding file)" "sp_features" "rank 3" -- --bundle "$spoilt" "$event"
    put_model embedding "$(identity 1 n)"
    run_refuses "$spoilt/$(field embedding file)" "sp_features" "rank 1" -- --bundle "$spoilt" "$event"
}

@test "a model with another element type" {
    copy_bundle
    put_model embedding "$(identity 7 n 8)"
    run_refuses "$spoilt/$(field embedding file)" "sp_features" "float" -- --bundle "$spoilt" "$event"
}

@test "a model with another width" {
    copy_bundle
    put_model embedding "$(identity 1 n 77)"
    run_refuses "$spoilt/$(field embedding file)" "sp_features" "77" -- --bundle "$spoilt" "$event"
}

@test "a model whose points are not as wide as the bundle says" {
    copy_bundle
    sed -i 's/"dim": *[0-9]*/"dim": 31/' "$spoilt/bundle.json"
    run_refuses "$spoilt/$(field embedding file)" "embedding_output" "31" -- --bundle "$spoilt" "$event"
}

@test "a model with other inputs" {
    copy_bundle
    cp "$spoilt/$(field filter file)" "$spoilt/$(field gnn file)"
    sed -i "s/$(field gnn sha256)/$(field filter sha256)/" "$spoilt/bundle.json"
    run_refuses "$spoilt/$(field gnn file)" "input" -- --bundle "$spoilt" "$event"
}

@test "an event without cells, where the named bundle looks at them: the message names one that does not" {
    copy_event
    rm "$copy-cells.csv"
    run_refuses "event000001000: run: the bundle $bundle needs the hits' cells, which are missing" "-cells.csv" \
        "(trkx run --bundle positions)" -- --bundle "$bundle" "$copy"
}

@test "a bundle with cell features needs the modules, and one that completes tracks their description" {
    copy_bundle
    jq 'del(.detectors)' "$bundle/bundle.json" >"$spoilt/bundle.json"
    run_refuses "$spoilt/bundle.json" "detector.json" "detectors" -- --bundle "$spoilt" "$event"
    run_refuses "$spoilt/bundle.json" "needs the detector's field and layers" -- --bundle "$spoilt" \
        --detectors "$spoilt/detectors.csv.gz" "$event"
    "$TRKX" run --bundle "$spoilt" --detectors "$spoilt/detector.json" --out "$(out)s" "$event"
    jq '.layers.overlap = -1' "$bundle/detector.json" >"$spoilt/detector.json"
    run_refuses "$spoilt/detector.json" "layers.overlap" -- --bundle "$bundle" --detectors "$spoilt/detector.json" "$event"
    run_refuses "nowhere.csv" -- --bundle "$spoilt" --detectors nowhere.csv "$event"
    jq '.schema = 2' "$bundle/detector.json" >"$spoilt/newer.json"
    run_refuses "newer.json: field schema is 2: a newer trkx is needed" -- --detectors "$spoilt/newer.json" "$event"
    printf 'volume_id,layer_id\n' >"$BATS_TEST_TMPDIR/modules.csv"
    run_refuses "modules.csv:1" "column" -- --bundle "$spoilt" --detectors "$BATS_TEST_TMPDIR/modules.csv" "$event"
    cp "$bundle/bundle.json" "$bundle/detector.json" "$spoilt"
    rm "$spoilt/detectors.csv.gz"
    mkfifo "$spoilt/detectors.csv.gz"
    run_refuses "$spoilt/detector.json: field modules is a pipe" -- --bundle "$spoilt" "$event"
    jq '.detectors = "detectors.csv.gz"' "$bundle/bundle.json" >"$spoilt/bundle.json"
    run_refuses "$spoilt/bundle.json: field detectors is a pipe" -- --bundle "$spoilt" "$event"
}

# ---- outputs -------------------------------------------------------------------------------------------

@test "a directory that cannot be written" {
    : >"$BATS_TEST_TMPDIR/file"
    refuses 1 "$BATS_TEST_TMPDIR/file" -- "$TRKX" run --out "$BATS_TEST_TMPDIR/file" "$event"
    refuses 1 "$BATS_TEST_TMPDIR/file/below" -- "$TRKX" run --out "$BATS_TEST_TMPDIR/file/below" "$event"
    refuses 1 "/proc" -- "$TRKX" run --out /proc "$event"
    refuses 1 "/proc/trkx" -- "$TRKX" simulate --density 0.0004 --out /proc/trkx
    refuses 1 "/proc/f.npy" -- "$TRKX" stage features --out /proc/f.npy "$event"
    "$TRKX" run --out "$(out)" "$event"
    refuses 1 "/proc/m.json" -- sh -c '"$0" evaluate --json /proc/m.json "$1" "$2" >/dev/null' \
        "$TRKX" "$event" "$(out)/event000001000-tracks.csv"
}

@test "a directory that only others may write" {
    [ "$(id -u)" != 0 ] || skip "root may write everywhere"
    mkdir -m 555 "$(out)"
    run_refuses "$(out)" "Permission denied" -- "$event"
}

@test "a disk that fills leaves nothing behind" {
    [ "$(id -u)" = 0 ] || skip "only root can mount a small disk"
    mkdir "$BATS_TEST_TMPDIR/disk"
    mount -t tmpfs -o size=16k trkx-test "$BATS_TEST_TMPDIR/disk" 2>/dev/null || skip "tmpfs cannot be mounted here"
    "$TRKX" simulate --density 0.0326 --seed 3 --no-gzip --out "$BATS_TEST_TMPDIR/big"
    refuses 1 "$BATS_TEST_TMPDIR/disk/event000001000-tracks.csv" "No space left" -- \
        "$TRKX" run --out "$BATS_TEST_TMPDIR/disk" "$BATS_TEST_TMPDIR/big/event000001000"
    is_empty "$BATS_TEST_TMPDIR/disk"
    for density in .0012 .0016 .0033 .013; do # until the first, or a later part of an event does not fit
        refuses 1 "$BATS_TEST_TMPDIR/disk/event000001000-" "No space left" -- \
            "$TRKX" simulate --density $density --no-cells --no-gzip --out "$BATS_TEST_TMPDIR/disk"
        is_empty "$BATS_TEST_TMPDIR/disk"
    done
    refuses 1 "$BATS_TEST_TMPDIR/disk/f.npy" "No space left" -- \
        "$TRKX" stage features --out "$BATS_TEST_TMPDIR/disk/f.npy" "$BATS_TEST_TMPDIR/big/event000001000"
    is_empty "$BATS_TEST_TMPDIR/disk"
}

@test "a standard output that cannot be written is exit code 1 and a line" {
    "$TRKX" run --out "$(out)" "$event"
    onnx=$bundle/gnn.onnx
    for command in --help --version help "help run" "run --help" "model import -h" "model info $onnx" "model check $onnx" \
        "evaluate $event $(out)/event000001000-tracks.csv" "run --verbose --out $(out) $event"; do
        # through a shell: bats reads what run prints
        refuses 1 "standard output" "No space left" -- bash -c "'$TRKX' $command >/dev/full"
        refuses 1 "standard output" "Bad file descriptor" -- bash -c "'$TRKX' $command >&-"
    done
    refuses 1 "standard output" "Broken pipe" -- bash -c "'$TRKX' run --verbose --out $(out) $event > >(exec true; sleep 1) && exit 9"
}

@test "no file of ours gets the number of a standard stream that is closed" {
    run bash -c "'$TRKX' simulate --density 0.0004 --no-gzip --out '$(out)' <&- >&- 2>&-"
    [ "$status" -eq 0 ]
    run bash -c "'$TRKX' run --out '$(out)' '$(out)' <&- >&- 2>&-"
    [ "$status" -eq 0 ]
    [ "$(head -n 1 "$(out)/event000001000-tracks.csv")" = hit_id,track_id ]
    run bash -c "'$TRKX' run --out '$(out)' /nowhere/event <&- >&- 2>&-"
    [ "$status" -eq 1 ]
}

@test "outputs that are devices, FIFOs and links are written through" {
    cd "$BATS_TEST_TMPDIR"
    "$TRKX" stage features --out plain.csv "$event"
    "$TRKX" stage features --out /dev/stdout "$event" >stdout.csv
    cmp plain.csv stdout.csv
    "$TRKX" stage features --out /dev/stdout "$event" | cmp plain.csv
    mkfifo fifo
    cat fifo >through.csv &
    "$TRKX" stage features --out fifo "$event"
    wait $!
    cmp plain.csv through.csv
    [ -p fifo ]
    printf older >target
    chmod 600 target
    ln -s target link
    "$TRKX" stage features --out link "$event"
    cmp plain.csv target
    [ -L link ]
    [ "$(stat -c %a target)" = 600 ]
    refuses 1 "/dev/full" "No space left" -- "$TRKX" stage features --out /dev/full "$event"
    [ -c /dev/full ]
    # what belongs together, and is taken back: not the device, not where the standard output goes
    "$TRKX" stage features --network filter --out f.csv "$event"
    printf '0,1\n1,2\n' >edges.csv
    ln -s target twin
    refuses 2 "link" "twice" -- "$TRKX" stage filter --out link --kept twin f.csv edges.csv
    refuses 2 "new.csv" "twice" -- "$TRKX" stage filter --out s.csv --kept new.csv --candidates new.csv f.csv edges.csv
    cmp plain.csv target
    "$TRKX" stage filter --out /dev/null --kept /dev/null f.csv edges.csv
    run bash -c "'$TRKX' stage filter --kept /dev/stdout --candidates link --out /proc/scores.csv f.csv edges.csv >kept.csv"
    [ "$status" -eq 1 ]
    [ -e kept.csv ]
    [ -L link ]
    [ ! -e target ]
}

@test "a limit on the size of files leaves nothing behind" {
    "$TRKX" simulate --density 0.0326 --seed 3 --no-gzip --out "$BATS_TEST_TMPDIR/big"
    refuses 1 "event000001000-tracks.csv" "File too large" -- \
        bash -c "ulimit -f 8; '$TRKX' run --out '$(out)' '$BATS_TEST_TMPDIR/big'"
    is_empty "$(out)"
    refuses 1 "event000001000-" "File too large" -- \
        bash -c "ulimit -f 8; '$TRKX' simulate --density 0.0326 --no-gzip --out '$(out)'"
    is_empty "$(out)"
}

# A number of a process comes again in a container: what a dead one has left must not be in the way.
@test "a process that is killed blocks no later one, and leaves nothing where files need no name" {
    [ "$(id -u)" = 0 ] || skip "only root can make a namespace of processes"
    unshare -pf --mount-proc true || skip "namespaces cannot be made here"
    local nameless="" attempt
    [ "$(stat -f -c %T "$BATS_TEST_TMPDIR")" != ext2/ext3 ] || nameless=1
    for attempt in 1 2 3 4 5 6; do
        run unshare -pf --mount-proc bash -c "'$TRKX' simulate --events 9 --particles 1500 --threads 1 --out '$(out)' &
            sleep 0.0$((attempt * 3)); kill -9 \$!"
    done
    [ -z "$nameless" ] || [ -z "$(find "$(out)" -name '*.part')" ]
    unshare -pf --mount-proc bash -c "'$TRKX' simulate --events 2 --density 0.0082 --out '$(out)' & wait \$!"
    [ -z "$TRKX_SANITIZE" ] || return 0 # sanitizers need /proc, and so does $ORIGIN
    LD_LIBRARY_PATH=$BUILD/lib unshare -m bash -c "umount -l /proc && '$TRKX' simulate --events 2 --density 0.0082 --out '$(out)/named'"
    for part in hits cells truth particles; do
        cmp "$(out)"/{,named/}event000001001-$part.csv.gz
    done
    [ "$(ls "$(out)/named" | wc -l)" -eq 8 ]
}

@test "an event's name may be any bytes" {
    copy_event
    local name=$'ev\xff\xc3\xa9"t' part
    for part in hits cells truth particles; do mv "$copy-$part.csv" "$BATS_TEST_TMPDIR/in/$name-$part.csv"; done
    "$TRKX" run --out "$(out)" "$BATS_TEST_TMPDIR/in"
    "$TRKX" run --out "$(out)/plain" "$event"
    cmp "$(out)/$name-tracks.csv" "$(out)/plain/event000001000-tracks.csv"
    [ "$(jq -r .event "$(out)/$name-ledger.json")" = 'ev\xff\xc3\xa9"t' ]
    "$TRKX" evaluate --json "$BATS_TEST_TMPDIR/m.json" "$BATS_TEST_TMPDIR/in/$name" "$(out)/$name-tracks.csv"
    [ "$(jq -r .event "$BATS_TEST_TMPDIR/m.json")" = 'ev\xff\xc3\xa9"t' ]
    # so long that the name of its particles would be none
    local long
    long=$(printf 'l%.0s' {1..242})
    mkdir "$BATS_TEST_TMPDIR/long"
    for part in hits cells; do cp "$event-$part.csv" "$BATS_TEST_TMPDIR/long/$long-$part.csv"; done
    run "$TRKX" run --out "$(out)" "$BATS_TEST_TMPDIR/long"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    cmp "$(out)/$long-tracks.csv" "$(out)/plain/event000001000-tracks.csv"
}

# Waits until the program watches for SIGINT and SIGTERM (bits 2 and 15 of SigCgt): it is then at work on events.
# The program, no longer the shell that becomes it: that watches as well.
wait_until_at_work() { # pid
    local caught tries
    for ((tries = 0; tries < 600; tries++)); do
        if [ "$(readlink "/proc/$1/exe")" = "$(realpath "$TRKX")" ]; then
            caught=$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status")
            (((16#$caught & 0x4002) != 0x4002)) || return 0
        fi
        sleep 0.05
    done
    return 1
}

@test "an interrupt in mid-run leaves nothing behind" {
    "$TRKX" simulate --density 0.98 --seed 5 --out "$BATS_TEST_TMPDIR/big"
    for signal in INT TERM; do
        "$TRKX" run --threads 1 --out "$(out)" "$BATS_TEST_TMPDIR/big/event000001000" 2>"$BATS_TEST_TMPDIR/message" &
        pid=$!
        wait_until_at_work $pid
        sleep 0.1
        kill -$signal $pid
        code=0
        wait $pid || code=$?
        echo "exit code $code, standard error: $(cat "$BATS_TEST_TMPDIR/message")"
        [ $code -eq 1 ]
        [ "$(wc -l <"$BATS_TEST_TMPDIR/message")" -eq 1 ]
        grep -q "event000001000.*interrupted" "$BATS_TEST_TMPDIR/message"
        is_empty "$(out)"
    done
}

@test "an interrupt while a large file is read ends within a second or two" {
    skip_where_slow
    mkdir -p "$BATS_TEST_TMPDIR/in"
    { echo $header_of_hits; yes 1,1,1,1,1,1,1 | head -c 400M; } >"$BATS_TEST_TMPDIR/in/event1-hits.csv"
    "$TRKX" run --threads 1 --out "$(out)" "$BATS_TEST_TMPDIR/in" 2>"$BATS_TEST_TMPDIR/message" &
    pid=$!
    wait_until_at_work $pid
    sleep 0.2
    kill -INT $pid
    SECONDS=0
    code=0
    wait $pid || code=$?
    echo "exit code $code, standard error: $(cat "$BATS_TEST_TMPDIR/message"), after $SECONDS s"
    [ $code -eq 1 ]
    [ $SECONDS -le 2 ]
    [ "$(cat "$BATS_TEST_TMPDIR/message")" = "trkx: $BATS_TEST_TMPDIR/in/event1: interrupted" ]
    is_empty "$(out)"
}

@test "an interrupt stops all jobs, what was written stays" {
    "$TRKX" simulate --events 3 --density 0.98 --seed 5 --out "$BATS_TEST_TMPDIR/big"
    "$TRKX" simulate --first 1 --density 0.0008 --out "$BATS_TEST_TMPDIR/small"
    for signal in INT TERM; do
        "$TRKX" run --jobs 2 --threads 1 --out "$(out)/$signal" "$BATS_TEST_TMPDIR/small" "$BATS_TEST_TMPDIR/big" \
            2>"$BATS_TEST_TMPDIR/message" &
        pid=$!
        for ((i = 0; i < 600; i++)); do
            if [ -e "$(out)/$signal/event000000001-ledger.json" ]; then break; fi
            sleep 0.05
        done
        kill -$signal $pid
        code=0
        wait $pid || code=$?
        echo "exit code $code, standard error: $(cat "$BATS_TEST_TMPDIR/message")"
        [ $code -eq 1 ]
        [ "$(wc -l <"$BATS_TEST_TMPDIR/message")" -eq 2 ]
        grep -q "event000001000.*interrupted" "$BATS_TEST_TMPDIR/message"
        grep -q "0 of 4 events failed, 3 were not run" "$BATS_TEST_TMPDIR/message"
        [ "$(cd "$(out)/$signal" && echo *)" = "event000000001-ledger.json event000000001-tracks.csv" ]
    done
}
