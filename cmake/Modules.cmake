# compose_module(NAME [LINK target...]): a static library of src/NAME/*.cpp (that folder alone).
# "/" in NAME becomes "_" in the target's name. Who may depend on whom: docs/architecture.md.
function(compose_module name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "LINK")
  string(REPLACE "/" "_" target ${name})
  if(target STREQUAL "compose")
    set(target compose_use_cases)  # "compose" alone is the program, of src/cli.
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${ARG_LINK})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ARG_LINK})
  endif()
endfunction()

# compose_test(NAME DIRECTORY [LINK target...]): tests/DIRECTORY/*.cpp as one Catch2 program; each of
# its test cases is reported by ctest under the program's name.
function(compose_test name directory)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "" "LINK")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${directory}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE catch_main ${ARG_LINK})
  target_compile_definitions(${name} PRIVATE
    TEST_DATA_DIR="${CMAKE_SOURCE_DIR}/tests" SOURCE_DIR="${CMAKE_SOURCE_DIR}" BUILD_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
endfunction()
