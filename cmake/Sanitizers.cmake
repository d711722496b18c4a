if(COMPOSE_SANITIZE)
  add_compile_options(-fsanitize=${COMPOSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${COMPOSE_SANITIZE})
endif()

# The fuzzer finds its way by the branches that it sees taken: all code counts them, not only the targets.
if(COMPOSE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -O1)
endif()
