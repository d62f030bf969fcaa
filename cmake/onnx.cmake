# ONNX files, for `trkx model`: read, described, checked, repaired. A library of its own, not installed, so that
# libtrkx itself does not need protobuf-c: the program and the tests link it.
set(onnx_generated ${PROJECT_BINARY_DIR}/onnx)
file(MAKE_DIRECTORY ${onnx_generated})
configure_file(${ONNX_PROTO} ${onnx_generated}/onnx.proto COPYONLY)
add_custom_command(
    OUTPUT ${onnx_generated}/onnx.pb-c.c ${onnx_generated}/onnx.pb-c.h
    COMMAND ${PROTOC} --plugin=protoc-gen-c=${PROTOC_GEN_C} --proto_path=${onnx_generated}
        --c_out=${onnx_generated} onnx.proto
    DEPENDS ${onnx_generated}/onnx.proto VERBATIM)
# What is generated has its own style: without our warnings.
add_library(trkx_onnx_schema STATIC ${onnx_generated}/onnx.pb-c.c)
target_include_directories(trkx_onnx_schema SYSTEM PUBLIC ${onnx_generated})
target_link_libraries(trkx_onnx_schema PUBLIC PkgConfig::PROTOBUF_C PRIVATE trkx_instrumentation)

add_library(trkx_onnx STATIC
    src/onnx/file.c src/onnx/tensor.c src/onnx/graph.c src/onnx/extent.c src/onnx/shapes.c src/onnx/operators.c
    src/onnx/infer.c src/onnx/infer_elements.c src/onnx/infer_arrange.c src/onnx/infer_index.c
    src/onnx/findings.c src/onnx/info.c src/onnx/check.c src/onnx/check_graph.c src/onnx/check_interface.c src/onnx/check_kind.c
    src/onnx/convert.c src/onnx/edit.c src/onnx/repair.c src/onnx/networks.c src/onnx/adopt.c)
target_compile_definitions(trkx_onnx PRIVATE _GNU_SOURCE)
target_include_directories(trkx_onnx PUBLIC include src src/onnx)
target_link_libraries(trkx_onnx PUBLIC trkx_onnx_schema
    PRIVATE trkx_static trkx_warnings trkx_instrumentation PkgConfig::LIBMD)
