// SPDX-License-Identifier: Apache-2.0
#include "cli/unused_variables.h"

#include <fmt/format.h>

#include "base/split.h"

namespace cli {
namespace {

struct Unused {
  const char* name;
  const char* why;
};

constexpr Unused kUnused[] = {
    {"BUILDX_BUILDER", "images are built here, by no buildx builder"},
    {"COMPOSE_BAKE", "images are built here, without bake"},
    {"COMPOSE_EXPERIMENTAL_WATCH_TAR", "there is one way to copy files"},
    {"COMPOSE_MENU", "there is no menu"},
    {"COMPOSE_STATUS_STDOUT", "progress goes to standard error"},
    {"DOCKER_CERT_PATH", "the engine is no server"},
    {"DOCKER_CONTEXT", "the engine is no server"},
    {"DOCKER_TLS", "the engine is no server"},
    {"DOCKER_TLS_VERIFY", "the engine is no server"},
};

bool is_off(const std::string& value) {
  const std::string text = base::to_lower(value);
  return text.empty() || text == "0" || text == "false" || text == "no";
}

}  // namespace

std::vector<base::Error> warn_of_unused_variables(const std::map<std::string, std::string>& environment) {
  std::vector<base::Error> warnings;
  for (const Unused& unused : kUnused) {
    const auto found = environment.find(unused.name);
    if (found == environment.end() || is_off(found->second)) continue;
    if (found->first == "DOCKER_CONTEXT" && found->second == "default") continue;
    warnings.push_back(base::make_error(base::ErrorClass::Unsupported,
                                        fmt::format("{} has no effect: {}", unused.name, unused.why)));
  }
  return warnings;
}

}  // namespace cli
