# Flags that every target of ours is built with.
add_library(amber_flags INTERFACE)
target_compile_options(amber_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
    # gcc 12 reports false positives for these in inlined library code.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds
        -Wno-stringop-overflow>)
target_include_directories(amber_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(amber_flags INTERFACE
    BOOST_ASIO_NO_DEPRECATED SPDLOG_FMT_EXTERNAL)
target_link_libraries(amber_flags INTERFACE Threads::Threads)

if(AMBER_SANITIZE)
    target_compile_options(amber_flags INTERFACE -fsanitize=${AMBER_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer
        # clang 14 cannot emit this check's data for coroutines.
        $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>
        $<$<CXX_COMPILER_ID:GNU>:-Wno-error>)
    target_link_options(amber_flags INTERFACE -fsanitize=${AMBER_SANITIZE})
endif()
if(AMBER_SANITIZE MATCHES "thread")
    # Into each program, whatever it links: the runtime looks for the function at start.
    target_sources(amber_flags INTERFACE
        $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${CMAKE_CURRENT_LIST_DIR}/tsan_suppressions.cpp>)
    # Our instantiations of templates stay ours. Else RocksDB's threads would run those of the
    # program in place of their own, and be seen without the locks that order them.
    target_link_options(amber_flags INTERFACE -Wl,--exclude-libs,ALL)
endif()

# amber_library(NAME SOURCES... LINK ...): a static library of one folder.
function(amber_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC amber_flags ${ARG_LINK})
    amber_precompile(${name})
endfunction()
