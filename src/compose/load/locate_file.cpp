// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>

#include "compose/load/file_path.h"
#include "compose/load/model_loader.h"
#include "compose/load/scalar.h"

namespace compose::load {
namespace {

bool is_git(std::string_view reference) {
  for (const std::string_view prefix :
       {"git://", "git@", "ssh://", "github.com/", "file://", "https://", "http://"}) {
    if (reference.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

base::Result<std::string> locate_file(const std::string& reference, std::string_view folder,
                                      const base::Span& at, const LoadContext& context) {
  const auto fail = [&](base::Error error) { return base::fail(context.located(std::move(error), at)); };
  if (reference.starts_with("oci://")) {
    return fail(base::make_error(base::ErrorClass::Unsupported,
                                 fmt::format("cannot load {}: OCI artifacts are not supported", reference))
                    .with_hint("use a local file or a git repository"));
  }
  if (!is_git(reference)) return join_path(folder, reference);
  if (const Variable* remotes = context.environment.find("COMPOSE_EXPERIMENTAL_GIT_REMOTE");
      remotes != nullptr && parse_boolean(remotes->value) == false) {
    return fail(base::make_error(base::ErrorClass::Unsupported, fmt::format("cannot load {}", reference))
                    .with_hint("COMPOSE_EXPERIMENTAL_GIT_REMOTE switches git repositories off"));
  }
  auto fetched = context.files.fetch_git(reference);
  if (!fetched) return fail(std::move(fetched.error()));
  if (!context.files.is_directory(*fetched)) return fetched;
  constexpr std::array<std::string_view, 4> kNames = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                                      "docker-compose.yaml"};
  for (const std::string_view name : kNames) {
    std::string path = join_path(*fetched, name);
    if (context.files.exists(path)) return path;
  }
  return fail(base::make_error(base::ErrorClass::NotFound, fmt::format("{} has no Compose file", reference)));
}

}  // namespace compose::load
