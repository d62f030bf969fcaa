#!/usr/bin/env bats
# Proves: what `cmake --install` puts into a prefix is complete: programs outside of the repository build and run
# against it through the CMake package and through pkg-config, with the shared and the static library, in C and
# C++; the library exports nothing but the names that trkx.h declares.
load helpers

setup_file() {
    export prefix=$BATS_FILE_TMPDIR/prefix work=$BATS_FILE_TMPDIR/work
    [ -z "$TRKX_SANITIZE" ] || return 0
    mkdir -p "$work"
    cp "$BATS_TEST_DIRNAME/../examples/minimal.c" "$work/"
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
    cmake --install "$BUILD" --prefix "$prefix" >/dev/null
    installed=$(dirname "$(find "$prefix" -name libtrkx.so)")
    export installed PKG_CONFIG_PATH=$installed/pkgconfig
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

runtime_directory() {
    ldd "$TRKX" | sed -n 's/.*libonnxruntime.* => \(.*\)\/[^/]* (.*/\1/p'
}

@test "install: header, libraries, program, bundles, CMake package, pkg-config file" {
    for file in include/trkx.h bin/trkx share/trkx/models/{default,acat2021-like}/bundle.json; do
        [ -e "$prefix/$file" ]
    done
    for file in libtrkx.so libtrkx.so.0 libtrkx.a pkgconfig/trkx.pc cmake/trkx/trkx-config.cmake \
        cmake/trkx/trkx-config-version.cmake; do
        [ -e "$installed/$file" ]
    done
    [ "$(find "$prefix/include" -type f | wc -l)" -eq 1 ]
}

@test "install: the program finds its library and its bundle" {
    unset TRKX_BUNDLE
    run "$prefix/bin/trkx" run --help
    [[ $output == *"($(realpath "$prefix")/share/trkx/models/default)"* ]]
    "$prefix/bin/trkx" simulate --particles 20 --out sim
    "$prefix/bin/trkx" run --out sim sim
    [ -e sim/event000001000-tracks.csv ]
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
CMAKE
    cmake -S . -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
    cmake --build cmake
    finds_tracks cmake/shared
    TRKX_EP_LIBRARY=$installed/libtrkx_ep.so finds_tracks cmake/static # which has no library beside it
    run cmake/both
    [ "$output" = "trkx $(pkg-config --modversion trkx), batches of 0" ]
    ldd cmake/shared | grep -q libtrkx
    [[ $(ldd cmake/static) != *libtrkx* ]]
}

@test "pkg-config: shared" {
    cc -o shared minimal.c $(pkg-config --cflags --libs trkx) -Wl,-rpath,"$installed"
    [[ $(pkg-config --libs trkx) != *jansson* ]]
    finds_tracks ./shared
}

@test "pkg-config: static" {
    cc -o static minimal.c $(pkg-config --static --cflags --libs trkx | sed 's/-ltrkx/-l:libtrkx.a/') \
        -Wl,-rpath,"$(runtime_directory)"
    [[ $(ldd static) != *libtrkx* ]]
    TRKX_EP_LIBRARY=$installed/libtrkx_ep.so finds_tracks ./static
}

@test "an installed tree may be moved" {
    cp -r "$prefix" "$BATS_TEST_TMPDIR/moved"
    moved=$BATS_TEST_TMPDIR/moved${installed#"$prefix"}
    flags=$(PKG_CONFIG_PATH=$moved/pkgconfig pkg-config --cflags --libs trkx)
    [[ $flags != *"$prefix/"* ]]
    cc -o moved minimal.c $flags -Wl,-rpath,"$moved"
    finds_tracks ./moved
    mkdir moved-cmake
    cp minimal.c moved-cmake/
    printf '%s\n' 'cmake_minimum_required(VERSION 3.21)' 'project(user C)' 'find_package(trkx 0.1 REQUIRED)' \
        'add_executable(user minimal.c)' 'target_link_libraries(user PRIVATE trkx::trkx)' >moved-cmake/CMakeLists.txt
    cmake -S moved-cmake -B moved-cmake/build -G Ninja -DCMAKE_PREFIX_PATH="$BATS_TEST_TMPDIR/moved" >/dev/null
    cmake --build moved-cmake/build
    ldd moved-cmake/build/user | grep -q "$moved/libtrkx.so.0"
}

@test "versions: one everywhere; another minor or major one is not taken" {
    version=$(pkg-config --modversion trkx)
    for part in MAJOR MINOR PATCH; do
        numbers+=($(sed -n "s/^#define TRKX_VERSION_$part //p" "$prefix/include/trkx.h"))
    done
    [ "$(IFS=.; echo "${numbers[*]}")" = "$version" ]
    [ "$("$prefix/bin/trkx" --version | awk '{ print $2; exit }')" = "$version" ]
    [ -e "$installed/libtrkx.so.$version" ]
    readelf -d "$installed/libtrkx.so" | grep -q 'SONAME.*\[libtrkx.so.0\]'
    mkdir versions
    printf '%s\n' 'cmake_minimum_required(VERSION 3.21)' 'project(user C)' "foreach(wanted 0.0 0.2 1.0 $version)" \
        'find_package(trkx ${wanted} QUIET)' 'message(NOTICE "${wanted}: ${trkx_FOUND}")' 'endforeach()' \
        >versions/CMakeLists.txt
    cmake -S versions -B versions/build -DCMAKE_PREFIX_PATH="$prefix" 2>&1 | grep ': [01]$' >versions/found
    [ "$(cat versions/found)" = "0.0: 0"$'\n'"0.2: 0"$'\n'"1.0: 0"$'\n'"$version: 1" ]
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
