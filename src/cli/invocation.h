// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/global_options.h"
#include "cli/render/progress.h"
#include "compose/load/load.h"
#include "compose/session.h"
#include "engine_client/engine.h"
#include "model/project.h"

namespace cli {

/// Which part of the project a command wants.
struct LoadWish {
  std::vector<std::string> services;
  bool no_dependencies = false;
};

/// One run of a subcommand: its arguments, and what it needs, made when it first asks.
class Invocation {
 public:
  Invocation(GlobalOptions global, std::vector<std::string> arguments,
             std::map<std::string, std::string> environment);

  const GlobalOptions& global() const { return global_; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  /// "compose up", for the help.
  std::string command;

  /// Options of the subcommand, with what every subcommand takes.
  OptionSet options(const std::string& usage, const std::string& summary);

  /// Of the process alone.
  const std::map<std::string, std::string>& process_environment() const { return process_environment_; }
  /// Of the process, with .env and --env-file under it.
  base::Result<const std::map<std::string, std::string>*> environment();
  /// A COMPOSE_* variable that is a switch: "1", "true", "yes".
  bool is_on(const char* variable);
  /// What a variable is set to, or "".
  std::string variable(const char* name);

  compose::load::LoadOptions load_options() const;
  const compose::load::FileSource& files() const { return files_; }
  /// The project of the Compose files. Its warnings are printed.
  base::Result<const model::Project*> load(const LoadWish& wish = {});
  /// All services, once some were loaded that have a build: images can be built from those of others. Null
  /// when there is no need, or when the others have faults.
  const model::Project* load_whole();
  /// The same, or what the labels say when there is no file but a project name. For commands on what is
  /// there.
  base::Result<const model::Project*> load_or_observe();
  /// The name alone, without loading more than must be.
  base::Result<std::string> project_name();

  base::Result<engine_client::Engine*> engine();
  /// Opens the engine. Interrupts request the session's cancellation.
  base::Result<compose::Session*> session();

  char separator();
  std::string version() const;
  bool quiet_progress = false;                   ///< Set before session(): no progress at all.
  bool quiet_pull = false, quiet_build = false;  ///< Set before session(): only that it is done.
  std::string progress_wanted;                   ///< Set before session(): over --progress.

  void warn(const base::Error& warning);
  ProgressRenderer& progress();

 private:
  base::Result<> discover();
  base::Result<> recover();
  void print_warnings(const std::vector<base::Error>& warnings);
  std::string progress_mode();
  std::string setting(const std::string& flag, const char* variable, const char* otherwise);

  GlobalOptions global_;
  std::vector<std::string> arguments_;
  std::map<std::string, std::string> process_environment_;
  compose::load::DiskFileSource files_;
  std::optional<compose::load::Settings> settings_;
  std::vector<std::unique_ptr<compose::load::Loaded>> loaded_;
  std::optional<model::Project> labelled_;
  std::unique_ptr<engine_client::Engine> engine_;
  std::unique_ptr<ProgressRenderer> progress_;
  std::unique_ptr<compose::Session> session_;
  std::vector<std::string> told_;  ///< Warnings that were printed, each once.
};

}  // namespace cli
