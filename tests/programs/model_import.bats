#!/usr/bin/env bats
# Proves: trkx model import makes working bundles from a folder of files as their authors name them, from a Triton
# repository, and from the published GNN, repaired, with our own embedding and filter; wrong networks, options or
# destinations leave nothing behind.
load ../helpers

setup_file() {
    make_event 0.0041
}

setup() {
    acat=$repository/models/acat2021-like
    models=$BATS_TEST_TMPDIR/models
    graph=(--radius 1.8 --k 32 --filter-cut 0.1442)
    mkdir "$models"
}

# The networks of models/acat2021-like under other names.
put() { # embedding filter gnn
    for file in "$@"; do mkdir -p "$models/$(dirname "$file")"; done
    cp "$acat/embedding.onnx" "$models/$1"
    cp "$acat/filter.onnx" "$models/$2"
    cp "$acat/gnn.onnx" "$models/$3"
}

import() { # arguments: to $(out)
    "$TRKX" model import --out "$(out)" "$@"
}

@test "a bundle taken apart and imported gives its own tracks again" {
    put embedding.onnx filtering.onnx gnn.onnx
    run import "${graph[@]}" --gnn-cut 0.85 --name again "$models"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"$(out)/bundle.json: written" ]]
    for key in features embedding filter gnn detector orientation; do
        [ "$(jq -cS ".$key" "$(out)/bundle.json")" = "$(jq -cS ".$key" "$acat/bundle.json")" ]
    done
    for network in embedding filter gnn; do cmp "$(out)/$network.onnx" "$acat/$network.onnx"; done
    jq '.tracks = {method: "components", min_hits: 3}' "$acat/bundle.json" >"$models/bundle.json"
    cp "$acat/filter.onnx" "$models/filter.onnx"
    "$TRKX" run --bundle "$models" --out "$models/tracks" "$event"
    "$TRKX" run --bundle "$(out)" --out "$(out)/tracks" "$event"
    cmp "$models/tracks/event000001000-tracks.csv" "$(out)/tracks/event000001000-tracks.csv"
}

@test "a Triton repository, modules for another detector, options of all kinds" {
    put embed/1/model.onnx filter/1/model.onnx gnn/1/model.onnx
    printf 'volume_id,layer_id,module_id\n' >"$models/modules.csv"
    import --convention service --min-hits 4 --detector mine --detectors "$models/modules.csv" "$models"
    jq -e '.name == "out" and .detector == "mine" and .detectors == "detectors.csv" and .tracks.min_hits == 4 and
        .embedding.radius == 1.6 and .embedding.k == 500 and .filter.cut == 0.21 and .gnn.cut == 0.75' \
        "$(out)/bundle.json"
    cmp "$models/modules.csv" "$(out)/detectors.csv"
}

@test "the detector of a bundle that needs modules comes along" {
    put embed/1/model.onnx filter/1/model.onnx gnn/1/model.onnx
    lists="r/1000,phi/pi,normal_z"
    import "${graph[@]}" --gnn-cut 0.85 --features "$lists" "$models"
    jq -e '.detectors == "detector.json"' "$(out)/bundle.json"
    cmp "$(out)/detector.json" "$acat/detector.json"
    "$TRKX" run --bundle "$(out)" --out "$(out)/tracks" "$event"
    "$TRKX" model import --out "$(out)2" "${graph[@]}" --gnn-cut 0.85 --features "$lists" --detector mine \
        --detectors "$acat/detector.json" "$models"
    cmp "$(out)2/detector.json" "$acat/detector.json"
    "$TRKX" run --bundle "$(out)2" --out "$(out)2/tracks" "$event"
    cmp "$(out)/tracks/event000001000-tracks.csv" "$(out)2/tracks/event000001000-tracks.csv"
    run ! "$TRKX" model import --out "$(out)3" "${graph[@]}" --gnn-cut 0.85 --features "$lists" --detector mine "$models"
    [[ $output == *"need the detector: name a detector.json"* ]]
    is_empty "$(out)3"
}

@test "a GNN whose sums overwrite is refused, and with --repair mended" {
    put embedding.onnx filter.onnx gnn.onnx
    tail -c +2 "$repository/tests/corpus/fuzz_onnx/overwriting" >"$models/gnn.onnx"
    run import "$models"
    [ "$status" -eq 1 ]
    [[ $output == *"gnn.onnx: error: scattered: "*"trkx model repair fixes it"* ]]
    [ ! -e "$(out)" ]
    run import --repair "$models"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'gnn.onnx: scattered: ScatterElements: reduction="add", was overwriting'* ]]
    [ "$(sha256sum <"$(out)/gnn.onnx")" = "$(jq -r .gnn.sha256 "$(out)/bundle.json")  -" ]
    [ "$(sha256sum <"$models/gnn.onnx")" = "$(jq -r .training.imported.gnn.sha256 "$(out)/bundle.json")  -" ]
    "$TRKX" run --bundle "$(out)" --out "$(out)/tracks" "$event"
}

@test "nothing is overwritten, and nothing half-written stays" {
    put embedding.onnx filter.onnx gnn.onnx
    run import --detectors /nowhere.csv "$models"
    [ "$status" -eq 1 ]
    [[ $output == *"/nowhere.csv"* ]]
    [ ! -e "$(out)" ]
    run import --strict "$models"
    [ "$status" -eq 1 ]
    [ ! -e "$(out)" ]
    import "$models"
    before=$(sha256sum "$(out)"/*)
    run import "$models"
    [ "$status" -eq 1 ]
    [[ $output == *"embedding.onnx: exists already"* ]]
    [ "$(sha256sum "$(out)"/*)" = "$before" ]
    before=$(sha256sum "$models"/*)
    refuses_in_place=$("$TRKX" model import --out "$models" "$models" 2>&1) && return 1
    [[ $refuses_in_place == *"exists already"* ]]
    [ "$(sha256sum "$models"/*)" = "$before" ]
}

@test "weights beside a network come into the bundle's" {
    mkdir "$BATS_TEST_TMPDIR/from"
    cp "$acat"/{embedding,filter}.onnx "$BATS_TEST_TMPDIR/from/"
    tail -c +2 "$repository/tests/corpus/fuzz_onnx/data-outside" >"$BATS_TEST_TMPDIR/from/gnn.onnx"
    run import --repair "$BATS_TEST_TMPDIR/from"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"from/gnn.data: cannot be read"* ]]
    [ ! -e "$(out)" ]
    head -c 320 /dev/zero >"$BATS_TEST_TMPDIR/from/gnn.data"
    import --repair "$BATS_TEST_TMPDIR/from"
    [ "$(ls -x "$(out)" | xargs)" = "bundle.json embedding.onnx filter.onnx gnn.onnx" ]
    [ "$(jq .gnn.data "$(out)/bundle.json")" = null ]
    "$TRKX" model check "$(out)"
}

@test "wrong usage is exit code 2 and one line" {
    refuses 2 "EMBEDDING FILTER GNN are needed" -- "$TRKX" model import --out "$(out)"
    refuses 2 "EMBEDDING FILTER GNN are needed" -- "$TRKX" model import --out "$(out)" a b
    refuses 2 "--out DIR is needed" -- "$TRKX" model import "$acat"
    refuses 2 "--filter-cut" -- "$TRKX" model import --filter-cut 2 --out "$(out)" "$acat"
    refuses 2 "import has to come before all options" -- "$TRKX" model --strict import "$acat"
    refuses 1 "contains no embedding.onnx" -- "$TRKX" model import --out "$(out)" "$models"
    refuses 1 "/nowhere.onnx" -- "$TRKX" model import --out "$(out)" /nowhere.onnx b c
    [[ $("$TRKX" model import --help) == *"r/1000,phi/pi,z/1000"* ]]
    [ ! -e "$(out)" ]
}

@test "the published GNN, repaired, with our own embedding and filter, on a real event" {
    needs_shared exatrkx/gnn.onnx
    needs_shared trackml/event000000001-hits.csv.gz
    run import --repair "${graph[@]}" "$acat/embedding.onnx" "$acat/filter.onnx" "$shared/exatrkx/gnn.onnx"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'16 nodes: ScatterElements: reduction="add", was overwriting'* ]]
    "$TRKX" run --bundle "$(out)" --out "$(out)/tracks" "$shared/trackml/event000000001"
    "$TRKX" evaluate --json "$(out)/m.json" "$shared/trackml/event000000001" \
        "$(out)/tracks/event000000001-tracks.csv"
    at_least "$(number "$(out)/m.json" trackml_score)" 0.2
}
