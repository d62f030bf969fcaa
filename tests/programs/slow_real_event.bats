#!/usr/bin/env bats
# Proves: on a real event of full density, one of those for choices, models/positions reaches the scores that it had
# when it was made, within .005. The event has hits without cells, and its truth is reconstructed.
load ../helpers

within() { # value, expected, margin
    awk -v value="$1" -v expected="$2" -v margin="$3" \
        'BEGIN { off = value - expected; exit !(off <= margin && -off <= margin) }'
}

@test "a real event without cells" {
    skip_where_slow
    needs_shared trackml-full/event000001078-hits.csv.gz
    "$TRKX" run --out "$(out)" "$shared/trackml-full/event000001078" 2>messages
    grep "using the bundle positions" messages
    "$TRKX" evaluate --json "$(out)/m.json" "$shared/trackml-full/event000001078" \
        "$(out)/event000001078-tracks.csv"
    within "$(number "$(out)/m.json" trackml_score_phase1)" 0.8628 0.005
    within "$(number "$(out)/m.json" trackml_score_phase2)" 0.9431 0.005
}
