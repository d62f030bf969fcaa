# onnx/: ONNX files, for `trkx model`: read, described, checked, repaired. Separate objects, so that libtrkx does
# not need protobuf-c: the program and the tests link them, beside the objects of libtrkx.
set(onnx_generated ${PROJECT_BINARY_DIR}/onnx)
file(MAKE_DIRECTORY ${onnx_generated})
configure_file(${ONNX_PROTO} ${onnx_generated}/onnx.proto COPYONLY)
add_custom_command(
    OUTPUT ${onnx_generated}/onnx.pb-c.c ${onnx_generated}/onnx.pb-c.h
    COMMAND ${PROTOC} --plugin=protoc-gen-c=${PROTOC_GEN_C} --proto_path=${onnx_generated}
        --c_out=${onnx_generated} onnx.proto
    DEPENDS ${onnx_generated}/onnx.proto VERBATIM)
# Generated code is compiled without our warnings.
add_library(trkx_onnx_schema STATIC ${onnx_generated}/onnx.pb-c.c)
target_include_directories(trkx_onnx_schema SYSTEM PUBLIC ${onnx_generated})
target_link_libraries(trkx_onnx_schema PUBLIC PkgConfig::PROTOBUF_C PRIVATE trkx_instrumentation)

add_library(trkx_onnx OBJECT
    onnx/file.c onnx/tensor.c onnx/graph.c onnx/extent.c onnx/shapes.c
    onnx/infer.c onnx/infer_elements.c onnx/infer_arrange.c onnx/infer_index.c onnx/operators.c onnx/infer_graph.c
    onnx/subject.c onnx/scatter.c onnx/axes.c onnx/origin.c
    onnx/findings.c onnx/info.c onnx/check.c onnx/check_graph.c onnx/check_interface.c onnx/check_kind.c
    onnx/convert.c onnx/edit.c onnx/repair.c onnx/networks.c onnx/adopt.c)
target_compile_definitions(trkx_onnx PRIVATE _GNU_SOURCE)
target_include_directories(trkx_onnx PUBLIC include src ${PROJECT_SOURCE_DIR})
target_link_libraries(trkx_onnx PUBLIC trkx_onnx_schema PkgConfig::LIBMD PRIVATE trkx_warnings trkx_instrumentation)
