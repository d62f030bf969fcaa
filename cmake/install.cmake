# cmake --install: libraries, header, program, bundles, documents, CMake package, pkg-config. What is
# installed is independent of this clone and may be moved: ONNX Runtime is included unless it is the system's, and
# libraries are found relative to their users.
include(CMakePackageConfigHelpers)

install(TARGETS trkx trkx_static EXPORT trkx
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS trkx_ep LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/trkx.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models/default models/positions models/acat2021-like DESTINATION ${CMAKE_INSTALL_DATADIR}/trkx/models)
file(GLOB documents CONFIGURE_DEPENDS docs/*.md) # messages refer to them
install(FILES LICENSE ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(EXPORT trkx NAMESPACE trkx:: FILE trkx-targets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trkx)

# ---- ONNX Runtime --------------------------------------------------------------------------------------
if(ONNXRUNTIME_OF_SYSTEM)
    if(NOT ONNXRUNTIME_LIBDIR IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES) # not searched by default
        set(TRKX_RUNTIME_RPATH ${ONNXRUNTIME_LIBDIR})
    endif()
    set(TRKX_PC_REQUIRES " libonnxruntime")
else()
    set(TRKX_PC_LIBS " -lonnxruntime")
    cmake_path(GET ONNXRUNTIME_LIBDIR PARENT_PATH root)
    set(TRKX_RUNTIME_LICENSES ${root}/LICENSE ${root}/ThirdPartyNotices.txt)
    configure_file(cmake/install-runtime.cmake.in ${PROJECT_BINARY_DIR}/install-runtime.cmake @ONLY)
    install(SCRIPT ${PROJECT_BINARY_DIR}/install-runtime.cmake)
    file(GLOB runtime_libraries ${ONNXRUNTIME_LIBDIR}/libonnxruntime*.so*)
    file(MAKE_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
    foreach(library ${runtime_libraries}) # beside libtrkx, as when installed
        cmake_path(GET library FILENAME name)
        file(CREATE_LINK ${library} ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${name} SYMBOLIC)
    endforeach()
endif()

# The same RUNPATH for the build tree, which is laid out like an installed one, and for the installation: if CMake changed
# it at install, the first would end with a colon, which the dynamic linker takes for the working directory.
file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set(TRKX_PROGRAM_RPATH "$ORIGIN/../lib" "$ORIGIN/${bin_to_lib}" ${TRKX_RUNTIME_RPATH})
list(REMOVE_DUPLICATES TRKX_PROGRAM_RPATH)
set_target_properties(trkx PROPERTIES INSTALL_RPATH "$ORIGIN;${TRKX_RUNTIME_RPATH}" BUILD_WITH_INSTALL_RPATH ON)

# ---- CMake package and pkg-config ----------------------------------------------------------------------
configure_package_config_file(cmake/trkx-config.cmake.in ${PROJECT_BINARY_DIR}/trkx-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trkx PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/trkx-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/trkx-config.cmake ${PROJECT_BINARY_DIR}/trkx-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trkx)

# relative to itself, so that `cmake --install --prefix` and a moved tree work
file(RELATIVE_PATH TRKX_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/trkx.pc.in ${PROJECT_BINARY_DIR}/trkx.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/trkx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
