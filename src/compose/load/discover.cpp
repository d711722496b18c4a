// SPDX-License-Identifier: Apache-2.0
#include "compose/load/discover.h"

#include <array>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"
#include "compose/load/project_environment.h"

namespace compose::load {
namespace {

constexpr std::array<std::string_view, 4> kFileNames = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                                        "docker-compose.yaml"};
constexpr std::array<std::string_view, 4> kOverrideNames = {"compose.override.yml", "compose.override.yaml",
                                                            "docker-compose.override.yml",
                                                            "docker-compose.override.yaml"};

bool is_set(const Environment& environment, std::string_view name) {
  const Variable* found = environment.find(name);
  return found != nullptr && !found->value.empty();
}

std::vector<std::string> list_of(const Environment& environment, std::string_view name, char separator) {
  std::vector<std::string> out;
  if (!is_set(environment, name)) return out;
  for (const std::string& part : base::split(environment.find(name)->value, separator)) {
    if (!base::trim(part).empty()) out.emplace_back(base::trim(part));
  }
  return out;
}

class Discoverer {
 public:
  explicit Discoverer(const LoadContext& context) : context_(context), options_(context.options) {}

  base::Result<Discovery> run() {
    for (const auto& [name, value] : options_.environment)
      found_.environment.add(name, value, "the environment");
    TRY(read_env_files());
    TRY(find_files());
    find_directory();
    // a .env beside the project file, when the command runs elsewhere
    if (found_.env_files.empty() && !found_.project_directory.empty())
      TRY(default_env_file(found_.project_directory));
    found_.project_name = options_.project_name;
    if (found_.project_name.empty() && is_set(found_.environment, "COMPOSE_PROJECT_NAME")) {
      found_.project_name = found_.environment.find("COMPOSE_PROJECT_NAME")->value;
    }
    found_.profiles = options_.profiles;
    if (found_.profiles.empty()) found_.profiles = list_of(found_.environment, "COMPOSE_PROFILES", ',');
    return std::move(found_);
  }

 private:
  std::string absolute(const std::string& path) const {
    return path == "-" ? path : join_path(options_.working_directory, path);
  }

  base::Result<> read_env_files() {
    std::vector<std::string> given = options_.env_files;
    if (given.empty()) given = list_of(found_.environment, "COMPOSE_ENV_FILES", ',');
    for (const std::string& path : given) found_.env_files.push_back(absolute(path));
    if (!found_.env_files.empty()) return add_env_files(found_.env_files, found_.environment, context_);
    std::string folder = options_.working_directory;
    if (!options_.project_directory.empty())
      folder = absolute(options_.project_directory);
    else if (!options_.files.empty() && options_.files[0] != "-")
      folder = parent_folder(absolute(options_.files[0]));
    return default_env_file(folder);
  }

  base::Result<> default_env_file(const std::string& folder) {
    const std::string path = join_path(folder, ".env");
    if (found_.environment.is_on("COMPOSE_DISABLE_ENV_FILE") || path == last_env_file_) return {};
    last_env_file_ = path;
    if (!context_.files.exists(path) || context_.files.is_directory(path)) return {};
    return add_env_file(path, found_.environment, context_);
  }

  base::Result<> find_files() {
    for (const std::string& path : options_.files) found_.files.push_back(absolute(path));
    if (found_.files.empty() && is_set(found_.environment, "COMPOSE_FILE")) {
      const std::string separator = is_set(found_.environment, "COMPOSE_PATH_SEPARATOR")
                                        ? found_.environment.find("COMPOSE_PATH_SEPARATOR")->value
                                        : ":";
      for (const std::string& path : list_of(found_.environment, "COMPOSE_FILE", separator[0])) {
        found_.files.push_back(absolute(path));
      }
    }
    for (const std::string& path : found_.files) {
      if (is_remote(path) || context_.files.exists(path)) continue;
      return base::fail(base::ErrorClass::NotFound, fmt::format("no such file: {}", path));
    }
    if (found_.files.empty()) search_upwards();
    return {};
  }

  static bool is_remote(const std::string& path) { return path.find("://") != std::string::npos; }

  void search_upwards() {
    std::string folder = options_.project_directory.empty() ? options_.working_directory
                                                            : absolute(options_.project_directory);
    while (true) {
      if (take_from(folder)) return;
      const std::string above = parent_folder(folder);
      if (above == folder) return;
      folder = above;
    }
  }

  bool take_from(const std::string& folder) {
    std::vector<std::string_view> here;
    for (const std::string_view name : kFileNames) {
      if (context_.files.exists(join_path(folder, name))) here.push_back(name);
    }
    if (here.empty()) return false;
    if (here.size() > 1) {
      std::vector<std::string> names(here.begin(), here.end());
      context_.warning(
          {},
          fmt::format("several Compose files in {}: {}; using {}", folder, base::join(names, ", "), here[0]),
          "name the file by -f");
    }
    found_.files.push_back(join_path(folder, here[0]));
    for (const std::string_view name : kOverrideNames) {
      if (!context_.files.exists(join_path(folder, name))) continue;
      found_.files.push_back(join_path(folder, name));
      break;
    }
    return true;
  }

  void find_directory() {
    if (!options_.project_directory.empty()) {
      found_.project_directory = absolute(options_.project_directory);
    } else if (!found_.files.empty()) {
      const std::string& first = found_.files[0];
      found_.project_directory = first == "-" ? options_.working_directory : parent_folder(first);
    }
  }

  const LoadContext& context_;
  const LoadOptions& options_;
  Discovery found_;
  std::string last_env_file_;
};

}  // namespace

base::Result<Discovery> discover(const LoadContext& context) { return Discoverer(context).run(); }

}  // namespace compose::load
