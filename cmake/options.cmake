# Warnings are errors in our build; other compilers may have more of them (TRKX_WERROR=OFF).
option(TRKX_TESTS "Build the tests" ON)
option(TRKX_WERROR "Treat warnings as errors" ON)
set(TRKX_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")
option(TRKX_COVERAGE "Count executed lines" OFF)
option(TRKX_FUZZ "Build the fuzz targets (clang)" OFF)

add_library(trkx_warnings INTERFACE)
target_compile_options(trkx_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wpointer-arith -Wcast-align $<$<BOOL:${TRKX_WERROR}>:-Werror>)

# Strict IEEE: no -ffast-math, and no contraction, so that every instruction set gives the same bits.
add_library(trkx_instrumentation INTERFACE)
target_compile_options(trkx_instrumentation INTERFACE -ffp-contract=off)
if(TRKX_SANITIZE)
    target_compile_options(trkx_instrumentation INTERFACE
        -fsanitize=${TRKX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(trkx_instrumentation INTERFACE -fsanitize=${TRKX_SANITIZE})
endif()
if(TRKX_FUZZ) # coverage guides the fuzzer
    target_compile_options(trkx_instrumentation INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TRKX_COVERAGE)
    target_compile_options(trkx_instrumentation INTERFACE --coverage)
    target_link_options(trkx_instrumentation INTERFACE --coverage)
endif()
