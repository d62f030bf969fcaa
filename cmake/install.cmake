# make install: libraries, header, program, bundles, and how to find them (CMake package, pkg-config).
include(CMakePackageConfigHelpers)

install(TARGETS trkx trkx_static EXPORT trkx
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS trkx_ep LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/trkx.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models/default models/acat2021-like DESTINATION ${CMAKE_INSTALL_DATADIR}/trkx/models)
install(EXPORT trkx NAMESPACE trkx:: FILE trkx-targets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trkx)

set_target_properties(trkx PROPERTIES INSTALL_RPATH "${ONNXRUNTIME_LIBDIR}")
configure_package_config_file(cmake/trkx-config.cmake.in ${PROJECT_BINARY_DIR}/trkx-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trkx)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/trkx-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/trkx-config.cmake ${PROJECT_BINARY_DIR}/trkx-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/trkx)

# relative to itself, so that `cmake --install --prefix` and a moved tree work
file(RELATIVE_PATH TRKX_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/trkx.pc.in ${PROJECT_BINARY_DIR}/trkx.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/trkx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
