// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "compose/load/file_source.h"
#include "compose/load/tree.h"
#include "model/project.h"

namespace compose::load {

class SourceSet;

/// What to load and how. Every member but `working_directory` may stay unset.
struct LoadOptions {
  std::vector<std::string> files;  ///< -f; "-" is the standard input. Empty: COMPOSE_FILE, else discovery.
  std::string project_name;        ///< -p. Empty: COMPOSE_PROJECT_NAME, `name:`, the folder's name.
  std::string project_directory;   ///< --project-directory. Empty: folder of the first file.
  std::string working_directory;   ///< Absolute; where the command runs.
  std::vector<std::string> env_files;              ///< --env-file. Empty: COMPOSE_ENV_FILES, else `.env`.
  std::vector<std::string> profiles;               ///< --profile. Empty: COMPOSE_PROFILES.
  std::map<std::string, std::string> environment;  ///< Of the process.
  std::vector<std::string> services;  ///< Load these and what they need; empty: all that are enabled.
  bool no_dependencies = false;       ///< With `services`: without what they depend on (`--no-deps`).
  bool all_resources = false;         ///< Keep networks, volumes, ... that no service uses.
  bool compatibility = false;         ///< `_` in container names; `config` skips normalisation.
  bool no_interpolate = false;        ///< Leave ${...} as it stands; then no model is made.
  bool no_normalize = false;
  bool no_path_resolution = false;
  bool no_consistency = false;
  bool no_env_resolution = false;  ///< Leave env_file entries unread.
  bool keep_tree = false;          ///< Fill Loaded::tree: for `config` and lint.
  /// Called after each pass with its name and the tree it left, in the order they run; docs/loading.md
  /// says what holds after each. For tests and for looking inside.
  std::function<void(std::string_view pass, const Tree& tree)> after_pass;
};

/// A loaded project, with all that its spans point into.
struct Loaded {
  model::Project project;
  Tree tree;                                 ///< Canonical form, in docker compose's order of keys.
  std::vector<Tree> files;                   ///< As read, one tree a document: for lint. Only with keep_tree.
  std::vector<base::Error> warnings;         ///< In the order they were found.
  std::shared_ptr<const SourceSet> sources;  ///< Texts and provenance; must outlive every Span.
};

/// Reads and checks a whole project. Errors: every problem that the failing pass found, each with its
/// place; NotFound when there is no Compose file.
base::Result<Loaded> load_project(const LoadOptions& options, const FileSource& files);

/// The settings a command needs before a project is loaded, or without one (`compose -p x ps`).
struct Settings {
  /// Of the process, with `.env` and --env-file laid under it: COMPOSE_* may come from there.
  std::map<std::string, std::string> environment;
  std::vector<std::string> files;  ///< Absolute paths of the Compose files, or "-"; may be empty.
  std::string project_directory;   ///< Absolute; empty when there is no file.
  std::string project_name;        ///< From -p or COMPOSE_PROJECT_NAME; empty when neither is set.
  std::vector<std::string> profiles;
  std::vector<std::string> env_files;  ///< Absolute, those given by flag or COMPOSE_ENV_FILES.
  std::vector<base::Error> warnings;
};

/// File discovery, `.env`, COMPOSE_* variables. Not finding a file is no error here.
base::Result<Settings> discover_settings(const LoadOptions& options, const FileSource& files);

/// compose-spec: name. Lower-cased, what is not a-z 0-9 _ - dropped, leading _ and - dropped.
std::string normalize_project_name(std::string_view name);

/// The JSON Schema of Compose files, as text.
std::string_view compose_schema();

}  // namespace compose::load
