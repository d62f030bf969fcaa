# Stands in for ACTS' package: see README.md here.
set(Acts_COMPONENTS Core PluginGnn)
foreach(component ${Acts_FIND_COMPONENTS})
    if(NOT component IN_LIST Acts_COMPONENTS)
        set(Acts_FOUND FALSE)
        set(Acts_NOT_FOUND_MESSAGE "required component '${component}' not found")
    endif()
endforeach()
if(NOT TARGET Acts::PluginGnn)
    add_library(Acts::PluginGnn INTERFACE IMPORTED)
    set_target_properties(Acts::PluginGnn PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}/include")
endif()
