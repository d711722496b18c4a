# compose_embed(TARGET SYMBOL FILE): puts FILE's bytes into TARGET as
# `extern const char SYMBOL[]; extern const unsigned long SYMBOL_size;` (C linkage). FILE may be made by
# the build.
function(compose_embed target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
__asm__(
    ".section .rodata\n"
    ".global @symbol@\n"
    ".global @symbol@_size\n"
    ".balign 16\n"
    "@symbol@: .incbin \"@file@\"\n"
    "@symbol@_end: .byte 0\n"
    ".balign 8\n"
    "@symbol@_size: .quad @symbol@_end - @symbol@\n"
    ".text\n");
]])
  set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
