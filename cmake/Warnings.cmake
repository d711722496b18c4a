add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align -Woverloaded-virtual
                    -Wnull-dereference -Wimplicit-fallthrough -Wno-missing-field-initializers
                    -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside its own headers when it inlines; see gcc bugs 105329 and 105562.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-null-dereference -Wno-stringop-overflow)
endif()
add_compile_options($<$<CONFIG:Release>:-fstack-protector-strong>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # std::stable_sort of libstdc++ 12 itself uses what C++23 deprecates.
  add_compile_options(-Wno-deprecated-declarations)
endif()
