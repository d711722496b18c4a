if(COMPOSE_SANITIZE)
  add_compile_options(-fsanitize=${COMPOSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${COMPOSE_SANITIZE})
endif()
