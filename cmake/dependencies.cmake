# All dependencies of trkx, with minimum versions and purpose. scripts/setup installs them.
#   libdeflate    1.10    reading gzipped event files: 2.4 times as fast as zlib
#   zlib          1.2.11  writing them, and describing errors in them
#   jansson       2.13    bundle.json and ledgers: parses with line numbers, writes
#   libmd         1.0     SHA-256 of the models
#   OpenMP        4.5     threads
#   ONNX Runtime  1.23    the networks (C API)
#   protobuf-c    1.4     ONNX files in `trkx model` (the program only); protoc generates the reader from
#   onnx.proto    1.12    the schema that comes with ONNX's own headers
#   cmocka        1.1     unit tests (TRKX_TESTS only); bats 1.8 and jq 1.6 for the command line's;
#                         if installed, gcc for aarch64 and qemu-user for the kernels there, abigail-tools 2.0 for
#                         the ABI, pybind11 2.10 for the module of adapters/acts
#   ACTS                  adapters/acts, only if found, with its Gnn plugin in the namespace ActsPlugins
#   CUDA toolkit  12      libtrkx_cuda.so, if found (cmake/cuda.cmake); its CCCL 2 (Thrust, CUB, libcu++), or
#                         that of the PyPI package nvidia-cuda-cccl, for the tests of gpu/ on the processor
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP 4.5 REQUIRED COMPONENTS C)
find_package(ZLIB 1.2.11 REQUIRED)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate>=1.10)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(LIBMD REQUIRED IMPORTED_TARGET libmd>=1.0)

# ONNX Runtime: ONNXRUNTIME_ROOT (an unpacked release archive, or any prefix), pkg-config, or what
# scripts/setup put into .deps/onnxruntime.
set(ONNXRUNTIME_ROOT "$ENV{ONNXRUNTIME_ROOT}" CACHE PATH "Prefix of an ONNX Runtime 1.23 or newer")
add_library(trkx_onnxruntime INTERFACE)
if(NOT ONNXRUNTIME_ROOT)
    pkg_check_modules(ONNXRUNTIME_PC IMPORTED_TARGET libonnxruntime>=1.23)
endif()
if(ONNXRUNTIME_PC_FOUND)
    target_link_libraries(trkx_onnxruntime INTERFACE PkgConfig::ONNXRUNTIME_PC)
    set(ONNXRUNTIME_LIBDIR ${ONNXRUNTIME_PC_LIBDIR})
    set(ONNXRUNTIME_OF_SYSTEM ON)
else()
    if(NOT ONNXRUNTIME_ROOT)
        set(ONNXRUNTIME_ROOT ${PROJECT_SOURCE_DIR}/.deps/onnxruntime)
    endif()
    find_path(ONNXRUNTIME_INCLUDE onnxruntime_c_api.h HINTS ${ONNXRUNTIME_ROOT} NO_CACHE
        PATH_SUFFIXES include include/onnxruntime include/onnxruntime/core/session NO_DEFAULT_PATH)
    find_library(ONNXRUNTIME_LIBRARY onnxruntime HINTS ${ONNXRUNTIME_ROOT} NO_CACHE
        PATH_SUFFIXES lib lib64 NO_DEFAULT_PATH)
    if(NOT ONNXRUNTIME_INCLUDE OR NOT ONNXRUNTIME_LIBRARY)
        message(FATAL_ERROR "No ONNX Runtime in ${ONNXRUNTIME_ROOT}: run scripts/setup, or set "
            "ONNXRUNTIME_ROOT to an unpacked release archive of 1.23 or newer")
    endif()
    target_include_directories(trkx_onnxruntime SYSTEM INTERFACE ${ONNXRUNTIME_INCLUDE})
    target_link_libraries(trkx_onnxruntime INTERFACE ${ONNXRUNTIME_LIBRARY})
    cmake_path(GET ONNXRUNTIME_LIBRARY PARENT_PATH ONNXRUNTIME_LIBDIR)
endif()

# The schema: onnx/onnx.proto of an installed ONNX (Debian: libonnx-dev), or -DONNX_PROTO=<path>.
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_GEN_C protoc-gen-c REQUIRED)
find_file(ONNX_PROTO onnx/onnx.proto PATH_SUFFIXES include REQUIRED)

add_library(trkx_dependencies INTERFACE)
target_link_libraries(trkx_dependencies INTERFACE trkx_onnxruntime PkgConfig::JANSSON PkgConfig::LIBMD
    PkgConfig::LIBDEFLATE ZLIB::ZLIB OpenMP::OpenMP_C Threads::Threads ${CMAKE_DL_LIBS} -lm)
