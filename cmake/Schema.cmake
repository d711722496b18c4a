# compose_schema(TARGET): compiles schemas/compose-spec.json into TARGET as constant tables, and embeds
# its text. The compiler refuses any keyword that the validator does not know.
function(compose_schema target)
  set(schema ${CMAKE_SOURCE_DIR}/schemas/compose-spec.json)
  set(tables ${CMAKE_CURRENT_BINARY_DIR}/schema_tables.cpp)
  add_executable(schema_compiler ${CMAKE_SOURCE_DIR}/cmake/schema_compiler_json.cpp)
  add_custom_command(OUTPUT ${tables} COMMAND schema_compiler ${schema} ${tables}
                     DEPENDS schema_compiler ${schema} VERBATIM)
  target_sources(${target} PRIVATE ${tables})
  compose_embed(${target} compose_schema_text ${schema})
endfunction()
