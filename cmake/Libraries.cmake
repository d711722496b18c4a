# Static archives first: the program must run where nothing else is installed, and every shared
# library costs each command start-up time.
find_package(Threads REQUIRED)

function(compose_library name archive)
  find_library(LIB_${name} NAMES lib${archive}.a ${archive} REQUIRED)
  add_library(lib_${name} INTERFACE)
  target_link_libraries(lib_${name} INTERFACE ${LIB_${name}} ${ARGN})
endfunction()

compose_library(yaml yaml-cpp)
compose_library(sqlite sqlite3 Threads::Threads ${CMAKE_DL_LIBS} m)
compose_library(seccomp seccomp)
compose_library(crypto crypto Threads::Threads ${CMAKE_DL_LIBS})
compose_library(zlib z)
compose_library(zstd zstd)
compose_library(lzma lzma Threads::Threads)
compose_library(bz2 bz2)

# fmt ships no static archive: base/fmt.cpp compiles its sources once from the headers.
add_compile_definitions(SPDLOG_FMT_EXTERNAL)
