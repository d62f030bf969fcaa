#!/usr/bin/env bats
# Proves: what `cmake --install` puts into a prefix is complete and can be moved (all tests use a tree that was):
# programs outside the repository build and run against it through the CMake package and pkg-config, with the shared
# and the static library, in C and C++, also without the clone; no library is loaded from the working directory; the
# library exports only the names that trkx.h declares.
load ../helpers

setup_file() {
    export prefix=$BATS_FILE_TMPDIR/prefix work=$BATS_FILE_TMPDIR/work
    [ -z "$TRKX_SANITIZE" ] || return 0
    mkdir -p "$work"
    cp "$repository/examples/minimal.c" "$work/"
    cat >"$work/both.cpp" <<'CPP'
#include <cstdio>
#include <trkx.h>

int main()
{
    trkx_pipeline_options options;
    trkx_pipeline_options_init(&options);
    std::printf("trkx %s, batches of %zu\n", trkx_version(), options.filter_batch);
    return TRKX_VERSION_MAJOR == 0 ? 0 : 1;
}
CPP
    cmake --install "$BUILD" --prefix "$BATS_FILE_TMPDIR/before" >/dev/null
    mv "$BATS_FILE_TMPDIR/before" "$prefix"
    installed=$(dirname "$(find "$prefix" -name libtrkx.so)")
    export installed PKG_CONFIG_PATH=$installed/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
}

setup() {
    skip_where_slow
    cd "$work"
}

finds_tracks() { # command...
    run "$@" "$prefix/share/trkx/models/default"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 4 ]
    [[ ${lines[3]} =~ ^hit\ 3:\ track\ [01]$ ]]
}

# ONNX Runtime is installed along unless it is the system's.
runtime_of() { # program
    ldd "$1" | sed -n 's/.*libonnxruntime[^ ]* => \([^ ]*\) .*/\1/p'
}

own_runtime() {
    [ -e "$installed/libonnxruntime.so" ]
}

# A library that leaves a mark where it is loaded.
make_trap() { # directory
    mkdir -p "$1"
    printf '#include <stdio.h>\n__attribute__((constructor)) static void spring(void) { fclose(fopen("%s", "w")); }\n' \
        "$1/sprung" >"$1/trap.c"
    cc -shared -fPIC -o "$1/libtrkx_ep.so" "$1/trap.c"
    cp "$1/libtrkx_ep.so" "$1/libtrkx_cuda.so"
}

@test "install: header, libraries, program, bundles, documents, CMake package, pkg-config file" {
    for file in include/trkx.h bin/trkx share/trkx/models/{default,positions,acat2021-like}/bundle.json; do
        [ -e "$prefix/$file" ]
    done
    for file in libtrkx.so libtrkx.so.0 libtrkx.a pkgconfig/trkx.pc cmake/trkx/trkx-config.cmake \
        cmake/trkx/trkx-config-version.cmake; do
        [ -e "$installed/$file" ]
    done
    for document in "$repository"/docs/*.md; do
        cmp "$document" "$prefix/share/doc/trkx/${document##*/}"
    done
    [ "$(find "$prefix/include" -type f | wc -l)" -eq 1 ]
    built=$(dirname "$(runtime_of "$TRKX")")/..
    if own_runtime && [ -e "$built/LICENSE" ]; then [ -e "$prefix/share/doc/trkx/onnxruntime/LICENSE" ]; fi
}

@test "install: the program finds its library and its bundle" {
    unset TRKX_BUNDLE
    run "$prefix/bin/trkx" run --help
    [[ $output == *"(the first that suits the event of $(realpath "$prefix")/share/trkx/models/default, positions)"* ]]
    "$prefix/bin/trkx" simulate --events 2 --density 0.0016 --out sim
    rm sim/event000001001-cells.csv*
    "$prefix/bin/trkx" run --out sim sim 2>messages
    [ -e sim/event000001000-tracks.csv ] && [ -e sim/event000001001-tracks.csv ]
    [ "$(cat messages)" = "trkx: event000001001: no cells: using the bundle positions" ]
}

@test "install: nothing leads back to the clone" {
    while read -r file; do
        if readelf -h "$file" >/dev/null 2>&1; then
            run readelf -d "$file"
            [ "$status" -eq 0 ]
            paths=$(sed -n 's/.*(R[UN]*PATH).*\[\(.*\)\]/\1/p' <<<"$output")
            echo "$file: $paths"
            if own_runtime; then [[ :$paths: =~ ^:(\$ORIGIN[^:]*:)*:?$ ]]; fi
        else
            run grep -lF -e "$BUILD" -e "$(realpath "$repository")" -e "$BATS_FILE_TMPDIR" "$file"
            echo "$output"
            [ "$status" -eq 1 ]
        fi
    done < <(find "$prefix" -type f ! -name '*.a')
    ! own_runtime || [[ $(realpath "$(runtime_of "$prefix/bin/trkx")") == "$(realpath "$prefix")"/* ]]
}

@test "install: an ONNX Runtime that is gone is an error that says what to do" {
    own_runtime || skip "ONNX Runtime is the system's"
    sed 's|^set(from .*|set(from "/nowhere")|' "$BUILD/install-runtime.cmake" >gone.cmake
    run cmake -DCMAKE_INSTALL_PREFIX="$work/none" -P gone.cmake
    [ "$status" -ne 0 ]
    [[ $output == *"/nowhere"*"scripts/setup"* ]]
    [ ! -e "$work/none" ]
}

@test "CMake package: shared, static, C++" {
    cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.21)
project(user C CXX)
find_package(trkx 0.1 REQUIRED)
add_executable(shared minimal.c)
target_link_libraries(shared PRIVATE trkx::trkx)
add_executable(static minimal.c)
target_link_libraries(static PRIVATE trkx::trkx_static)
add_executable(both both.cpp)
target_link_libraries(both PRIVATE trkx::trkx)
add_library(m MODULE EXCLUDE_FROM_ALL minimal.c) # not the one that trkx links
target_link_libraries(m PRIVATE trkx::trkx)
CMAKE
    cmake -S . -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build cmake
    finds_tracks cmake/shared
    if own_runtime; then
        finds_tracks cmake/static
    else
        TRKX_EP_LIBRARY=$installed/libtrkx_ep.so finds_tracks cmake/static
    fi
    run cmake/both
    [ "$output" = "trkx $(pkg-config --modversion trkx), batches of 0" ]
    [[ $(ldd cmake/shared) == *"=> $installed/libtrkx.so.0 "* ]]
    [[ $(ldd cmake/static) != *libtrkx* ]]
}

@test "pkg-config: shared" {
    flags=$(pkg-config --cflags --libs trkx)
    [[ $flags != *jansson* ]]
    cc -o shared minimal.c $flags -Wl,-rpath,"$installed"
    finds_tracks ./shared
    [ "$(./shared)" = "$output" ] # the default bundles are found beside the library
}

@test "pkg-config: static; its provider is beside ONNX Runtime" {
    flags=$(pkg-config --static --cflags --libs trkx)
    cc -o static minimal.c ${flags/-ltrkx/-l:libtrkx.a} \
        -Wl,-rpath,"$(dirname "$(runtime_of "$prefix/bin/trkx")")"
    [[ $(ldd static) != *libtrkx* ]]
    own_runtime || export TRKX_EP_LIBRARY=$installed/libtrkx_ep.so
    finds_tracks ./static
}

@test "no library comes out of the working directory" {
    # an empty entry is the working directory, also of the build tree
    for file in "$TRKX" "$BUILD"/lib/libtrkx{,_ep}.so "$prefix/bin/trkx" "$installed/libtrkx.so"; do
        [[ $(readelf -d "$file") != *path:\ *[:\[][:\]]* ]]
    done
    make_trap "$work/trap"
    cd trap
    export LD_LIBRARY_PATH=: # two empty entries, which the dynamic linker takes for the working directory
    if own_runtime; then # of a program that PATH found, whose own name is without a directory
        PATH=$work:$PATH finds_tracks static
    fi
    rm -f "$installed/libtrkx_cuda.so" # where it was built
    refuses 1 "no libtrkx_cuda.so beside $prefix/bin/trkx" -- \
        "$prefix/bin/trkx" run --device cuda:0 --out out "$work/sim"
    for given in libtrkx_ep.so ./libtrkx_ep.so ../trap/libtrkx_ep.so; do
        TRKX_EP_LIBRARY=$given refuses 1 "TRKX_EP_LIBRARY: \"$given\" is not an absolute path" -- \
            "$prefix/bin/trkx" run --out out "$work/sim"
    done
    TRKX_CUDA_LIBRARY=libtrkx_cuda.so refuses 1 "TRKX_CUDA_LIBRARY: \"libtrkx_cuda.so\" is not an absolute path" -- \
        "$prefix/bin/trkx" run --device cuda:0 --out out "$work/sim"
    [ ! -e sprung ]
}

@test "ONNX Runtime's own libraries do not come out of the working directory either" {
    directory=$(dirname "$(runtime_of "$prefix/bin/trkx")")
    cd "$directory/.."
    for device in cpu cuda:0; do
        LD_LIBRARY_PATH=${directory##*/} refuses 1 "relative to the working directory" LD_LIBRARY_PATH -- \
            "$prefix/bin/trkx" run --device "$device" --out "$(out)" "$work/sim"
    done
}

without_clone() { # command...
    env -u TRKX_BUNDLE DEPS="$(realpath -m "$repository/.deps")" unshare -rm sh -ec '
        cd /
        mount -t tmpfs none "$0"
        [ ! -d "$DEPS" ] || mount -t tmpfs none "$DEPS"
        [ -z "$(ls -A "$0")" ]
        "$@"' "$(realpath "$repository")" "$@"
}

@test "all of it where there is no clone" {
    own_runtime || skip "ONNX Runtime is the system's"
    unshare -rm true 2>/dev/null || skip "no namespace of one's own here"
    without_clone "$prefix/bin/trkx" run --out "$(out)" "$work/sim"
    [ -e "$(out)/event000001000-tracks.csv" ]
    for program in shared static cmake/shared cmake/static; do
        finds_tracks without_clone "$work/$program"
    done
}

@test "versions: one everywhere; another minor or major one is not taken" {
    version=$(pkg-config --modversion trkx)
    for part in MAJOR MINOR PATCH; do
        numbers+=($(sed -n "s/^#define TRKX_VERSION_$part //p" "$prefix/include/trkx.h"))
    done
    [ "$(IFS=.; echo "${numbers[*]}")" = "$version" ]
    [ "$("$prefix/bin/trkx" --version | awk '{ print $2; exit }')" = "$version" ]
    [ -e "$installed/libtrkx.so.$version" ]
    [[ $(readelf -d "$installed/libtrkx.so") =~ SONAME.*\[libtrkx.so.0\] ]]
    mkdir versions
    printf '%s\n' 'cmake_minimum_required(VERSION 3.21)' 'project(user C)' "foreach(wanted 0.0 0.2 1.0 $version)" \
        'find_package(trkx ${wanted} QUIET)' 'message(NOTICE "${wanted}: ${trkx_FOUND}")' 'endforeach()' \
        >versions/CMakeLists.txt
    run cmake -S versions -B versions/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"0.0: 0"$'\n'"0.2: 0"$'\n'"1.0: 0"$'\n'"$version: 1"* ]]
}

@test "the header in C++, with all warnings, and in strict C99" {
    c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -c -o both.o both.cpp $(pkg-config --cflags trkx)
    printf '#include <trkx.h>\nint main(void) { return 0; }\n' >strict.c
    cc -std=c99 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -c -o strict.o strict.c $(pkg-config --cflags trkx)
}

@test "the shared library exports what the header declares, and nothing else" {
    nm -D --defined-only "$installed/libtrkx.so" | awk '{ print $3 }' | sed 's/@.*//' | sort >exported
    grep -o 'TRKX_API[^;]*;' <(tr '\n' ' ' <"$prefix/include/trkx.h") | grep -o '\btrkx_[a-z_]*(' | tr -d '(' |
        sort -u >declared
    [ "$(wc -l <declared)" -gt 40 ]
    diff exported declared
}

@test "the other libraries export nothing else either" {
    [ "$(nm -D --defined-only "$installed/libtrkx_ep.so" | awk '{ print $3 }' | sort | xargs)" = \
        "CreateEpFactories ReleaseEpFactory" ]
    nm -g --defined-only "$installed/libtrkx.a" | awk 'NF == 3 { print $3 }' | sort -u >static
    [ "$(wc -l <static)" -gt 60 ]
    run ! grep -v -e '^trkx_' -e '^\.gomp_critical_user_trkx_' static # the latter: OpenMP's locks
}
