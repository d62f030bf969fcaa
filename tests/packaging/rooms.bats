#!/usr/bin/env bats
# Proves: the room rules hold. A room uses only those that its README names, without circles; no file, together with its
# header, depends on itself through others, by #include or by the symbols its object links; what a header declares is
# defined in the source beside it; every room and every source opens by saying what it is for; C and C++ are formatted.
# And each breach is found: the same functions run on a small tree with one planted.
load ../helpers

# The rooms' folders below a root; a folder inside a room (x86/, bench/) belongs to it.
rooms() { # root
    (cd "$1" && ls -d src/*/ onnx/ sim/ ep/ gpu/ programs/ 2>/dev/null | sed 's,/$,,')
}

# The sources and headers of all rooms.
files() { # root
    local root=$1
    (cd "$root" && find $(rooms "$root") -type f | grep -E '\.(c|cu|cpp|h)$' | sort)
}

# A source and its header are one unit, "room/name": as an #include has it, without src/.
names='function unit_of(path) { sub(/^src\//, "", path); sub(/\.[a-z]+$/, "", path); return path }
    function room_of(unit) { sub(/\/.*/, "", unit); return unit }'

# Who includes whom: "unit unit".
includes() { # root
    (cd "$1" && awk "$names"'
        /^#include "/ { split($0, part, "\""); if (part[2] ~ /\//) print unit_of(FILENAME), unit_of(part[2]) }' \
        $(files "$1")) | awk '$1 != $2' | sort -u
}

# The objects of a build and the sources that they are of: "source object". A source that is gone may have left one.
objects() { # root build
    find "$2" -path '*.dir/*.o' | awk -v build="$2/" '{
        source = substr($0, length(build) + 1)
        sub(/CMakeFiles\/[^\/]*\.dir\//, "", source)
        while (sub(/[^\/]*\/__\//, "", source)) {}
        sub(/^__\//, "", source)
        sub(/\.o$/, "", source)
        print source, $0
    }' | sort | join - <(files "$1")
}

# What they define and lack: "unit D|U symbol". What C++ repeats in many of them (weak) is left out.
symbols() { # root build
    local source object
    objects "$1" "$2" | while read -r source object; do
        nm "$object" | awk -v source="$source" "$names"'
            $(NF - 1) == "U" { print unit_of(source), "U", $NF }
            $(NF - 1) ~ /^[TDBR]$/ { print unit_of(source), "D", $NF }'
    done | sort -u
}

# Who links whom: "unit unit". ep and gpu are libraries of their own, with names of their own.
links() { # symbols
    awk "$names"'
        function library_of(unit) { return room_of(unit) ~ /^(ep|gpu)$/ ? room_of(unit) : "" }
        FNR == NR { if ($2 == "D") defined[library_of($1), $3] = $1; next }
        $2 == "U" {
            at = (library_of($1), $3) in defined ? defined[library_of($1), $3] : defined["", $3]
            if (at != "" && at != $1) print $1, at
        }' "$1" "$1" | sort -u
}

# What headers declare and a source has to define: "header symbol". Declarations begin at the first column; types,
# macros and what is static are none.
declarations() { # root
    (cd "$1" && awk '
        /^(static|typedef|inline|_Static_assert|TRKX_PRINTF)/ || /^[^A-Za-z]/ { next }
        /^extern "C"/ { next }
        /^extern / { sub(/^extern +/, ""); sub(/;.*/, ""); count = split($0, names, ",")
            for (i = 1; i <= count; i++) {
                sub(/ *(\[.*)?$/, "", names[i])
                sub(/.*[ *]/, "", names[i])
                print FILENAME, names[i]
            }
            next }
        match($0, /[ *][a-z_0-9]+\(/) { print FILENAME, substr($0, RSTART + 1, RLENGTH - 2) }
    ' $(files "$1" | grep '\.h$'))
}

# "room other": what the rooms' READMEs say that they may use.
allowed() { # root
    local room other
    for room in $(rooms "$1"); do
        sed -n 's/^May use: \(.*\)\.$/\1/p' "$1/$room/README.md" | tr -d ' ' | tr ',' '\n' | while read -r other; do
            printf '%s %s\n' "$(basename "$room")" "$other"
        done
    done
}

# ---- breaches, one a line: none is what the tests want --------------------------------------------------------------

# Uses of a room that is not among the allowed.
trespasses() { # allowed edges
    awk "$names"'
        FNR == NR { may[$1, $2] = 1; all[$1] = all[$1] " " $2; next }
        { from = room_of($1); to = room_of($2) }
        from != to && !((from, to) in may) { print $1 " uses " $2 ": " from " may use" all[from] " (its README.md)" }
    ' "$1" "$2"
}

# Circles, each with its members.
circles() { # edges
    tsort "$1" 2>&1 >/dev/null | sed 's/^tsort: //; s/^.*input contains a loop.*$/circle:/'
}

# Declarations in a header of another source. Those of C++, in gpu, have other names in objects, and are left out.
misplaced() { # declarations symbols
    awk "$names"'
        FNR == NR { if ($2 == "D") { defined[$1, $3] = 1; by[$3] = $1 }; next }
        { unit = unit_of($1) }
        room_of(unit) != "gpu" && !((unit, $2) in defined) && $2 in by {
            print $1 " declares " $2 ", which " by[$2] " defines"
        }' "$2" "$1"
}

# Sources that do not begin with a comment, rooms without a README that says what they may use.
silent() { # root
    local root=$1
    (cd "$root" && awk 'FNR == 1 && !/^\/[*\/]/ { print FILENAME " does not open with what it is for" }' \
        $(files "$root" | grep -E '\.(c|cu|cpp)$'))
    local room
    for room in $(rooms "$root"); do
        grep -q '^May use: .*\.$' "$root/$room/README.md" 2>/dev/null ||
            echo "$room/README.md does not say what it may use"
    done
}

# Prints the breaches, and fails where there is any.
none() {
    local breaches
    breaches=$(cat)
    [ -z "$breaches" ] || { echo "$breaches"; return 1; }
}

# What a tree and its build hold, in the present directory.
survey() { # root build
    symbols "$1" "$2" >symbols
    { includes "$1"; links symbols; } | sort -u >edges
    allowed "$1" >allowed
    declarations "$1" >declarations
}

# ---- this tree ------------------------------------------------------------------------------------------------------

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    survey "$repository" "$BUILD"
}

@test "rooms use those alone that their READMEs name" {
    cd "$BATS_FILE_TMPDIR"
    [ "$(wc -l <edges)" -gt 500 ]
    trespasses allowed edges | none
}

@test "no room is in a circle" {
    grep -v ' nothing$' "$BATS_FILE_TMPDIR/allowed" >"$BATS_TEST_TMPDIR/rooms"
    circles "$BATS_TEST_TMPDIR/rooms" | none
}

@test "no file is in a circle" {
    circles "$BATS_FILE_TMPDIR/edges" | none
}

@test "what a header declares, the source beside it defines" {
    cd "$BATS_FILE_TMPDIR"
    [ "$(wc -l <declarations)" -gt 300 ]
    misplaced declarations symbols | none
}

@test "rooms and sources open with what they are for" {
    silent "$repository" | none
}

@test "C and C++ are formatted" {
    [[ $(clang-format --version 2>/dev/null) == *"version 14."* ]] || skip "no clang-format 14 here"
    cd "$repository"
    find include src onnx sim ep gpu programs adapters examples tests -type f \
        | grep -E '\.(c|h|cu|cpp|hpp)$' | xargs clang-format --dry-run -Werror
}

# ---- a tree with a breach -------------------------------------------------------------------------------------------

# core/low and io/high, which uses it, built as CMake builds them.
plant() {
    root=$BATS_TEST_TMPDIR/tree
    mkdir -p "$root"/src/{core,io} "$root"/build/CMakeFiles/t.dir/src/{core,io}
    printf 'Low.\n\nMay use: nothing.\n' >"$root/src/core/README.md"
    printf 'High.\n\nMay use: core.\n' >"$root/src/io/README.md"
    printf '/* Low. */\nint low(void);\n' >"$root/src/core/low.h"
    printf '/* Low. */\n#include "core/low.h"\nint low(void) { return 1; }\n' >"$root/src/core/low.c"
    printf '/* High. */\nint high(void);\n' >"$root/src/io/high.h"
    printf '/* High. */\n#include "io/high.h"\n#include "core/low.h"\nint high(void) { return low(); }\n' \
        >"$root/src/io/high.c"
}

# Builds the tree and lists all its breaches.
breaches() {
    local source
    for source in $(files "$root" | grep '\.c$'); do
        "${CC:-cc}" -I"$root/src" -c "$root/$source" -o "$root/build/CMakeFiles/t.dir/$source.o"
    done
    cd "$root/build"
    survey "$root" "$root/build"
    trespasses allowed edges
    circles edges
    misplaced declarations symbols
    silent "$root"
}

@test "the small tree is in order" {
    plant
    breaches | none
}

@test "an upward include is found" {
    plant
    echo '#include "io/high.h"' >>"$root/src/core/low.c"
    run breaches
    [[ $output == *"core/low uses io/high: core may use nothing"* ]]
}

@test "a use of a room by its symbols alone is found" {
    plant
    echo 'int high(void); int lower(void); int lower(void) { return high(); }' >>"$root/src/core/low.c"
    run breaches
    [[ $output == *"core/low uses io/high: core may use nothing"* ]]
}

@test "a circle of files in one room is found" {
    plant
    printf '/* Other. */\nint other(void);\n' >"$root/src/core/other.h"
    printf '/* Other. */\n#include "core/other.h"\n#include "core/low.h"\nint other(void) { return low(); }\n' \
        >"$root/src/core/other.c"
    sed -i '1a #include "core/other.h"' "$root/src/core/low.h"
    run breaches
    [[ $output == *circle:*core/low* ]]
    [[ $output == *core/other* ]]
}

@test "a declaration in another source's header is found" {
    plant
    printf 'int low(void);\nextern const int lowest[3];\n' >>"$root/src/io/high.h"
    sed -i '/low.h/a extern const int lowest[3]; const int lowest[3];' "$root/src/core/low.c"
    run breaches
    [[ $output == *"src/io/high.h declares low, which core/low defines"* ]]
    [[ $output == *"src/io/high.h declares lowest, which core/low defines"* ]]
}

@test "a source and a room without an opening are found" {
    plant
    sed -i 1d "$root/src/io/high.c"
    echo High. >"$root/src/io/README.md"
    run breaches
    [[ $output == *"src/io/high.c does not open with what it is for"* ]]
    [[ $output == *"src/io/README.md does not say what it may use"* ]]
}
