#!/usr/bin/env bats
# Proves: a simulated event of full density, unused in training, is processed within 3 GB and scores at least 0.90
# with models/default.
load ../helpers

@test "full density: at least 0.90, at most 3 GB" {
    skip_where_slow
    "$TRKX" simulate --seed 987654321 --out "$(out)"
    "$TRKX" run --bundle "$repository/models/default" --verbose --out "$(out)" "$(out)/event000001000" >"$(out)/log"
    cat "$(out)/log"
    "$TRKX" evaluate --json "$(out)/m.json" "$(out)/event000001000" "$(out)/event000001000-tracks.csv"
    at_least "$(number "$(out)/m.json" hits)" 110000
    at_least "$(number "$(out)/m.json" trackml_score)" 0.90
    at_least 3072 "$(sed -n 's/.*peak memory of the process \([0-9.]*\) MiB/\1/p' "$(out)/log")"
}
