# libtrkx_cuda.so: nvcc compiles the kernels for every architecture in two units; the rest is plain C++.
execute_process(COMMAND ${TRKX_CUDA_COMPILER} --list-gpu-arch OUTPUT_VARIABLE known COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[0-9]+" known "${known}")
set(architectures ${TRKX_CUDA_ARCHITECTURES})
if(architectures STREQUAL all)
    set(architectures)
    foreach(architecture ${known})
        if(architecture GREATER_EQUAL 70 AND architecture LESS_EQUAL 120)
            list(APPEND architectures ${architecture})
        endif()
    endforeach()
endif()
foreach(architecture ${architectures})
    if(NOT architecture IN_LIST known)
        message(FATAL_ERROR "TRKX_CUDA_ARCHITECTURES: ${TRKX_CUDA_COMPILER} does not support sm_${architecture}, only ${known}")
    endif()
endforeach()
list(SORT architectures COMPARE NATURAL)
list(JOIN architectures " sm_" names)
execute_process(COMMAND ${TRKX_CUDA_COMPILER} --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "release ([0-9.]+)" version "${version}")
set(build "CUDA ${CMAKE_MATCH_1}, sm_${names}")
message(STATUS "libtrkx_cuda.so: ${build}")

# No contraction: a device adds and multiplies as the processor does. The newest architecture also gets PTX, for future
# ones.
set(nvcc_options -std=c++17 -O3 -fmad=false -cudart static -ccbin ${CMAKE_CXX_COMPILER} --compiler-options
    -fPIC,-fvisibility=hidden,-Wall,-ffp-contract=off -Xptxas -v -DTHRUST_FORCE_64_BIT_OFFSET_TYPE
    -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/src -I${PROJECT_SOURCE_DIR})
if(TRKX_WERROR)
    list(APPEND nvcc_options -Werror all-warnings)
endif()
foreach(architecture ${architectures})
    list(APPEND nvcc_options -gencode arch=compute_${architecture},code=sm_${architecture})
endforeach()
list(GET architectures -1 newest)
list(APPEND nvcc_options -gencode arch=compute_${newest},code=compute_${newest})

# Each unit is parsed once per architecture, so there are only two: with Thrust and without.
set(small_kernels ${gpu_kernels} runtime.cu)
list(REMOVE_ITEM small_kernels primitives.cu)
list(TRANSFORM small_kernels REPLACE "(.+)" "#include \"gpu/\\1\"\n" OUTPUT_VARIABLE unit)
list(JOIN unit "" unit)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/kernels.cu CONTENT "${unit}" @ONLY)
foreach(source ${CMAKE_CURRENT_SOURCE_DIR}/primitives.cu ${CMAKE_CURRENT_BINARY_DIR}/kernels.cu)
    cmake_path(GET source STEM name)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
    add_custom_command(OUTPUT ${object} ${object}.ptxas COMMENT "Building CUDA object ${name}.o" VERBATIM
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/compile ${object}.ptxas ${TRKX_CUDA_COMPILER} ${nvcc_options}
            -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
        DEPENDS ${source} compile DEPFILE ${object}.d)
    list(APPEND objects ${object})
    list(APPEND reports ${object}.ptxas)
endforeach()
set(registers ${CMAKE_CURRENT_BINARY_DIR}/registers.txt)
add_custom_command(OUTPUT ${registers} COMMENT "Listing the registers of kernels: ${registers}" VERBATIM
    COMMAND awk -f ${CMAKE_CURRENT_SOURCE_DIR}/registers.awk -v table=${registers} ${reports}
    DEPENDS registers.awk ${reports})

find_library(CUDART_STATIC cudart_static REQUIRED NO_DEFAULT_PATH
    PATHS ${TRKX_CUDA_TOOLKIT}/lib64 ${TRKX_CUDA_TOOLKIT}/lib ${TRKX_CUDA_TOOLKIT}/targets/${CMAKE_SYSTEM_PROCESSOR}-linux/lib)
add_library(trkx_cuda SHARED ${gpu_host_code} ${objects} ${registers})
set_source_files_properties(${objects} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
set_target_properties(trkx_cuda PROPERTIES CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON LINKER_LANGUAGE CXX
    LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
target_include_directories(trkx_cuda PRIVATE ../include ../src ..)
target_compile_options(trkx_cuda PRIVATE ${gpu_warnings} -Wconversion)
target_link_libraries(trkx_cuda PRIVATE ${CUDART_STATIC} Threads::Threads ${CMAKE_DL_LIBS} rt)
target_link_options(trkx_cuda PRIVATE LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/exports.map
    LINKER:--exclude-libs,ALL LINKER:--no-undefined)
install(TARGETS trkx_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
