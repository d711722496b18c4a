// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_choice.h"

#include <fmt/format.h>

#include "cli/absolute_path.h"
#include "runtime/engine/bundled_engine.h"

namespace cli {
namespace {

/// The flag, else the variable, else `otherwise`.
std::string setting(const std::string& flag, const char* variable,
                    const std::map<std::string, std::string>& environment, const char* otherwise) {
  if (!flag.empty()) return flag;
  const auto found = environment.find(variable);
  return found == environment.end() || found->second.empty() ? otherwise : found->second;
}

}  // namespace

base::Result<std::unique_ptr<engine_client::Engine>> open_engine(
    const GlobalOptions& global, const std::map<std::string, std::string>& environment) {
  const std::string host = setting(global.host, "DOCKER_HOST", environment, "");
  const std::string engine =
      setting(global.engine, "COMPOSE_ENGINE", environment, host.empty() ? "bundled" : "docker");
  if (engine == "docker") {
    return base::fail(base::make_error(base::ErrorClass::Unsupported, "a Docker engine cannot be used yet")
                          .with_hint("leave --engine, --host, COMPOSE_ENGINE and DOCKER_HOST unset for the "
                                     "bundled engine"));
  }
  if (engine != "bundled") {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("no such engine: {}", engine))
                          .with_hint("COMPOSE_ENGINE is bundled or docker"));
  }
  runtime::engine::Roots roots;
  roots.data =
      TRY(absolute_path(setting(global.data_root, "COMPOSE_DATA_ROOT", environment, "/var/lib/compose")));
  roots.run = TRY(absolute_path(setting(global.run_root, "COMPOSE_RUN_ROOT", environment, "/run/compose")));
  return runtime::engine::open_bundled_engine(roots);
}

}  // namespace cli
