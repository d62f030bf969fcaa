#!/usr/bin/env bats
# Proves: trkx model describes a model, finds its faults and repairs them, alone or against its bundle; the exit code
# says so; a failure leaves no file; the published GNN goes from sixteen broken sums to none.
load ../helpers

# A small network whose sums over edges were exported as overwriting scatters, of operator set 12.
setup() {
    broken=$BATS_TEST_TMPDIR/broken.onnx
    seed overwriting "$broken"
}

seed() { # name of a seed of the fuzzer, file: without the byte in front
    tail -c +2 "$repository/tests/corpus/fuzz_onnx/$1" >"$2"
}

# Changes one of the bundle's networks' entries: jq filter.
change_bundle() { # filter
    copy_bundle
    jq "$1" "$bundle/bundle.json" >"$spoilt/bundle.json"
}

finds() { # exit-code text -- arguments of trkx model check
    local code=$1 text=$2
    shift 3
    run --separate-stderr "$TRKX" model check "$@"
    echo "$output"
    [ "$status" -eq "$code" ]
    [ -z "$stderr" ]
    [[ $output == *"$text"* ]]
}

@test "info: what a model is" {
    run "$TRKX" model info "$broken"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$broken" ]
    [[ $output == *"trkx tests, operator set 12, format 6"* ]]
    [[ $output == *"g_nodes  float32 [n, 3]: nodes"*"g_edges  int64 [2, m]: edges"*"score  float32 [m]"* ]]
    [[ $output == *"80 in 4 tensors, 320 bytes"* ]]
    [[ $output == *"matrix products 0.1 a node, 0.1 an edge"* ]]
    [[ $output == *"1 ScatterElements"* ]]
}

@test "info: all networks of a bundle, and as JSON" {
    run "$TRKX" model info --json "$(out).json" "$bundle"
    [ "$status" -eq 0 ]
    for network in embedding filter gnn second_embedding second_filter; do [[ $output == *"$bundle/$network.onnx"* ]]; done
    [ "$(jq '.models | length' "$(out).json")" -eq 5 ]
    jq -e '.models[0].flop_matrix_products | .per_node > 1000 and .per_edge == 0' "$(out).json"
    jq -e '.models[2].flop_matrix_products | .per_node > 1000 and .per_edge > 1000' "$(out).json"
    jq -e 'all(.models[]; .parameters > 1000 and .unknown_nodes == 0 and (.operators.Gemm > 0))' "$(out).json"
}

@test "check: the default bundle has nothing wrong with it" {
    finds 0 "gnn.onnx: no errors or warnings" -- "$bundle"
    finds 0 "gnn.onnx: no errors or warnings" -- "$bundle/bundle.json"
    finds 0 "gnn.onnx: no errors or warnings" -- "$bundle/gnn.onnx"
}

@test "check: sums that overwrite, an operator set that has none, as text and as JSON" {
    finds 1 "error: scattered: ScatterElements of edges into zeros without reduction" -- "$broken"
    finds 1 "trkx model repair fixes it" -- "$broken"
    finds 1 "operator set 12 is too old" -- "$broken"
    finds 1 "broken.onnx: 2 errors, 0 warnings" -- --json "$(out).json" "$broken" "$bundle"
    [ "$(jq '.models | length' "$(out).json")" -eq 6 ]
    [ "$(jq -r '.models[0].findings | map(.kind) | sort | join(" ")' "$(out).json")" = "opset scatter" ]
    [ "$(jq '.models[1].findings | length' "$(out).json")" -eq 0 ]
}

@test "check: warnings count with --strict" {
    seed scatter-nd "$BATS_TEST_TMPDIR/nd.onnx"
    finds 0 "warning: scattered: ONNX Runtime (1.32) adds in ScatterND" -- "$BATS_TEST_TMPDIR/nd.onnx"
    finds 1 "0 errors, 1 warning" -- --strict "$BATS_TEST_TMPDIR/nd.onnx"
}

@test "check: what bundle.json says of a network and is not so" {
    change_bundle '.gnn.sigmoid_in_model = true'
    finds 1 "gnn.onnx: error: gnn_edge_score: does not end in a sigmoid" -- "$spoilt"
    change_bundle '.filter.inputs[0] = "nodes"'
    finds 1 "filter.onnx: error: nodes: the model has no such input; it has f_nodes f_edges" -- "$spoilt"
    change_bundle '.gnn.output = "score"'
    finds 1 "gnn.onnx: error: score: the model has no such output; it has gnn_edge_score" -- "$spoilt"
    change_bundle 'del(.gnn.features[0], .features[0])'
    finds 1 "gnn.onnx: error: g_nodes: axis 1 has extent" -- "$spoilt"
    change_bundle '.embedding.dim = 5'
    finds 1 "embedding.onnx: error: embedding_output: axis 1 has extent 8, expected 5" -- "$spoilt"
    change_bundle '.gnn.sha256 = .filter.sha256'
    finds 1 "gnn.onnx: error: SHA-256 is" -- "$spoilt"
}

@test "repair: says what it changed; the result passes" {
    run --separate-stderr "$TRKX" model repair "$broken" --out "$(out).onnx" --json "$(out).json"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ $output == *"2 nodes: Squeeze: axes are an input"* ]]
    [[ $output == *"operator set 16 instead of 12"* ]]
    [[ $output == *'scattered: ScatterElements: reduction="add", was overwriting'* ]]
    [ "$(jq '.models[0].left | length' "$(out).json")" -eq 0 ]
    [ "$(jq '[.models[0].changes[] | select(.kind == "scatter")] | length' "$(out).json")" -eq 1 ]
    finds 0 "no errors or warnings" -- "$(out).onnx"
    run "$TRKX" model repair "$(out).onnx" --out "$(out)-again.onnx"
    [[ $output == *"nothing to repair"* ]]
    cmp "$(out).onnx" "$(out)-again.onnx"
    "$TRKX" model repair --opset 18 "$broken" --out "$(out)-18.onnx"
    [[ $("$TRKX" model info "$(out)-18.onnx") == *"operator set 18"* ]]
}

# Its weights, 320 bytes, are in gnn.data beside it.
@test "data beside a model: info, check and repair take it from there, and from nowhere else" {
    mkdir "$BATS_TEST_TMPDIR/away"
    outside=$BATS_TEST_TMPDIR/away/gnn.onnx
    seed data-outside "$outside"
    head -c 320 /dev/zero >"$BATS_TEST_TMPDIR/gnn.data"
    cd "$BATS_TEST_TMPDIR"
    finds 1 "away/gnn.data: cannot be read" -- "$outside"
    refuses 1 "away/gnn.data: cannot be read" -- "$TRKX" model repair "$outside" --out "$(out).onnx"
    [[ $("$TRKX" model info "$outside") == *"80 in 4 tensors"*"away/gnn.data: cannot be read"* ]]
    [ ! -e "$(out).onnx" ]
    mv gnn.data away/
    cd /
    [[ $("$TRKX" model info "$outside") == *"80 in 4 tensors"*"provider     takes "* ]]
    run "$TRKX" model repair "$outside" --out "$(out).onnx"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"gnn.data: its tensors are now inside the model"* ]]
    finds 0 "no errors or warnings" -- "$(out).onnx"
    head -c 319 /dev/zero >"$BATS_TEST_TMPDIR/away/gnn.data"
    finds 1 "goes beyond the end of that file" -- "$outside"
}

@test "repair: in place" {
    mkdir "$BATS_TEST_TMPDIR/here"
    mv "$broken" "$BATS_TEST_TMPDIR/here/x.onnx"
    "$TRKX" model repair "$BATS_TEST_TMPDIR/here/x.onnx" --out "$BATS_TEST_TMPDIR/here/x.onnx"
    finds 0 "no errors or warnings" -- "$BATS_TEST_TMPDIR/here/x.onnx"
    [ "$(ls "$BATS_TEST_TMPDIR/here")" = x.onnx ]
}

@test "repair: what it cannot mend is told, and is exit code 1" {
    seed fixed-axes "$BATS_TEST_TMPDIR/fixed.onnx"
    run "$TRKX" model repair "$BATS_TEST_TMPDIR/fixed.onnx" --out "$(out).onnx"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"scattered: ScatterElements has 31 rows written into the model"* ]]
    [ -e "$(out).onnx" ]
}

@test "what is no model is one line, exit code 1, and no file" {
    head -c 1000 "$broken" >"$BATS_TEST_TMPDIR/cut.onnx"
    echo '{}' >"$BATS_TEST_TMPDIR/text.onnx"
    : >"$BATS_TEST_TMPDIR/empty.onnx"
    for action in info check "repair --out $(out).onnx"; do
        for file in cut text empty; do
            refuses 1 "$file.onnx: " -- "$TRKX" model $action "$BATS_TEST_TMPDIR/$file.onnx"
        done
        refuses 1 "/nowhere.onnx: " -- "$TRKX" model $action /nowhere.onnx
    done
    [ ! -e "$(out).onnx" ]
    mkdir "$BATS_TEST_TMPDIR/none"
    refuses 1 "none/bundle.json: cannot be read" -- "$TRKX" model check "$BATS_TEST_TMPDIR/none"
    refuses 1 "/nowhere/x.onnx" -- "$TRKX" model repair "$broken" --out /nowhere/x.onnx
}

@test "a model that cannot be read stands in the JSON as well, and the others are looked at" {
    run "$TRKX" model check --json "$(out).json" /nowhere.onnx "$bundle/gnn.onnx"
    [ "$status" -eq 1 ]
    [[ $(jq -r '.models[0].error' "$(out).json") == *"/nowhere.onnx"* ]]
    [ "$(jq '.models[1].findings | length' "$(out).json")" -eq 0 ]
}

@test "wrong usage is exit code 2 and one line" {
    refuses 2 "info, check, repair or import" -- "$TRKX" model
    refuses 2 'not "fix"' -- "$TRKX" model fix "$broken"
    refuses 2 "model check: no FILE given" -- "$TRKX" model check
    refuses 2 "--out FILE" -- "$TRKX" model repair "$broken"
    refuses 2 "one FILE" -- "$TRKX" model repair --out x "$broken" "$broken"
    refuses 2 "not a bundle" -- "$TRKX" model repair --out x "$bundle"
    refuses 2 "for repair" -- "$TRKX" model check --out x "$broken"
    refuses 2 "--opset" "from 9 to 18" -- "$TRKX" model repair --opset 99 --out x "$broken"
    refuses 2 "--frob" -- "$TRKX" model check --frob "$broken"
}

@test "the published GNN: sixteen broken sums are found and mended, and it runs as a part of a bundle" {
    needs_shared exatrkx/gnn.onnx
    run "$TRKX" model check "$shared/exatrkx/gnn.onnx"
    [ "$status" -eq 1 ]
    [ "$(grep -c 'ScatterElements_[0-9]*: ScatterElements of edges into zeros without reduction' <<<"$output")" -eq 16 ]
    copy_bundle
    "$TRKX" model repair "$shared/exatrkx/gnn.onnx" --out "$spoilt/mended.onnx"
    checksum=$(sha256sum "$spoilt/mended.onnx")
    jq --arg sha256 "${checksum%% *}" '.gnn = {
            file: "mended.onnx", sha256: $sha256, inputs: ["g_nodes", "g_edges"], output: "gnn_edge_score",
            sigmoid_in_model: false, cut: 0.75, features: [{name: "r", scale: 1000},
            {name: "phi", scale: 3.141592653589793}, {name: "z", scale: 1000}]}' \
        "$bundle/bundle.json" >"$spoilt/bundle.json"
    finds 0 "mended.onnx: no errors or warnings" -- "$spoilt"
    "$TRKX" run --bundle "$spoilt" --out "$(out)" "$repository/tests/golden/event000000007"
    [ -e "$(out)/event000000007-tracks.csv" ]
}
