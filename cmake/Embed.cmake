# compose_embed(TARGET SYMBOL FILE): puts FILE's bytes into TARGET as
# `extern const char SYMBOL[]; extern const unsigned long SYMBOL_size;` (C linkage).
function(compose_embed target symbol file)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
  file(WRITE ${assembly} "\
.section .rodata
.global ${symbol}
.global ${symbol}_size
.balign 16
${symbol}: .incbin \"${file}\"
${symbol}_end: .byte 0
.balign 8
${symbol}_size: .quad ${symbol}_end - ${symbol}
.section .note.GNU-stack,\"\",@progbits
")
  enable_language(ASM)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${assembly})
endfunction()
