// SPDX-License-Identifier: Apache-2.0
#include "compose/load/project_environment.h"

#include <fmt/format.h>

#include "compose/load/dotenv.h"

namespace compose::load {

base::Result<> add_env_file(const std::string& path, Environment& environment, const LoadContext& context) {
  return add_env_files({path}, environment, context);
}

base::Result<> add_env_files(const std::vector<std::string>& paths, Environment& environment,
                             const LoadContext& context) {
  Environment from_files;
  for (const std::string& path : paths) {
    auto source = context.read(path, "", {});
    if (!source) {
      if (source.error().error_class != base::ErrorClass::NotFound)
        return base::fail(std::move(source.error()));
      return base::fail(
          base::make_error(base::ErrorClass::NotFound, fmt::format("couldn't find env file: {}", path))
              .with_hint("check the path given by --env-file or COMPOSE_ENV_FILES"));
    }
    const VariableLookup outer = [&](std::string_view name) { return environment.find(name); };
    const VariableLookup earlier = [&](std::string_view name) { return from_files.find(name); };
    for (EnvEntry& entry : TRY(read_dotenv(**source, outer, earlier))) {
      if (!entry.value) continue;
      from_files.set(entry.name, *std::move(entry.value),
                     fmt::format("{}:{}", (*source)->name, entry.span.line));
    }
  }
  for (const auto& [name, variable] : from_files.all())
    environment.add(name, variable.value, variable.origin);
  return {};
}

}  // namespace compose::load
