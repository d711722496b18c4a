// SPDX-License-Identifier: Apache-2.0
#include "support/project_bundle.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/split.h"

namespace {

void apply_option(const std::string& text, compose::load::LoadOptions& options) {
  const auto [name, value_view] = base::split_once(text, ' ');
  const std::string value(value_view);
  if (name == "-f") options.files.push_back(value);
  if (name == "-p") options.project_name = value;
  if (name == "--profile") options.profiles.push_back(value);
  if (name == "--env-file") options.env_files.push_back(value);
  if (name == "--project-directory") options.project_directory = value;
  if (name == "--service") options.services.push_back(value);
  if (name == "--no-interpolate") options.no_interpolate = true;
  if (name == "--no-env-resolution") options.no_env_resolution = true;
  if (name == "--no-path-resolution") options.no_path_resolution = true;
  if (name == "--no-consistency") options.no_consistency = true;
  if (name == "--no-normalize") options.no_normalize = true;
  if (name == "--all-resources") options.all_resources = true;
  if (name == "--no-deps") options.no_dependencies = true;
}

}  // namespace

ProjectBundle ProjectBundle::parse(const std::string& text) {
  ProjectBundle bundle;
  bundle.options.working_directory = "/src/work";
  bundle.options.keep_tree = true;
  bundle.options.environment = {{"HOME", "/home/user"}};
  const auto expect = text.find("#### expect\n");
  bundle.source = text.substr(0, expect);
  if (expect != std::string::npos) bundle.expected = text.substr(expect + 12);
  std::string name = "compose.yaml";
  for (std::string_view rest = bundle.source; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(end);
    const std::string_view directive = base::trim(line);
    if (directive.starts_with("#### file ")) {
      name = directive.substr(10);
      bundle.files["/src/work/" + name];
    } else if (directive.starts_with("#### option ")) {
      apply_option(std::string(directive.substr(12)), bundle.options);
    } else if (directive.starts_with("#### env ")) {
      const auto [variable, value] = base::split_once(directive.substr(9), '=');
      bundle.options.environment[std::string(variable)] = value;
    } else {
      bundle.files["/src/work/" + name] += line;
    }
  }
  return bundle;
}

ProjectBundle ProjectBundle::read(const std::filesystem::path& path) { return parse(read_golden(path)); }

base::Result<compose::load::Loaded> ProjectBundle::load() const {
  return compose::load::load_project(options, compose::load::MemoryFileSource(files));
}

std::vector<std::filesystem::path> golden_files(const std::filesystem::path& folder,
                                                const std::string& extension) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string read_golden(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool matches_golden(const std::filesystem::path& path, const std::string& text) {
  if (std::getenv("GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return true;
  }
  return read_golden(path) == text;
}
