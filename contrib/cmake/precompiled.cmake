# The standard library's headers, parsed once instead of in every file: a fifth less work for a build
# from nothing. Not in the preset `dev`, which so tells where an #include is missing.
option(AMBER_PCH "Precompile headers of the standard library" OFF)

if(AMBER_PCH)
    add_library(amber_precompiled OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
    target_link_libraries(amber_precompiled PRIVATE amber_flags)
    target_precompile_headers(amber_precompiled PRIVATE
        <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <filesystem> <fstream>
        <functional> <iostream> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream>
        <string> <string_view> <thread> <unordered_map> <variant> <vector>)
    # What ccache needs to see through them.
    target_compile_options(amber_flags INTERFACE
        $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
        $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
endif()

# amber_precompile(TARGET): for a target that links amber_flags.
function(amber_precompile target)
    if(AMBER_PCH)
        target_precompile_headers(${target} REUSE_FROM amber_precompiled)
    endif()
endfunction()
