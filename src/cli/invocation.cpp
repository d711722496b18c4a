// SPDX-License-Identifier: Apache-2.0
#include "cli/invocation.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "base/split.h"
#include "base/version.h"
#include "cli/engine_choice.h"
#include "cli/unused_variables.h"
#include "compose/observe.h"
#include "compose/plan/lifecycle.h"
#include "sys/interrupts.h"
#include "sys/run_command.h"
#include "sys/terminal.h"

namespace cli {
namespace {

constexpr int kStdin = 0, kStderr = 2;

std::string cache_folder(const std::map<std::string, std::string>& environment) {
  const auto home = environment.find("HOME");
  const auto cache = environment.find("XDG_CACHE_HOME");
  if (cache != environment.end() && !cache->second.empty()) return cache->second + "/compose";
  return (home == environment.end() ? std::string("/var") : home->second + "/.cache") + "/compose";
}

/// For the loader, which fetches included files with git.
base::Result<std::string> run_program(const std::vector<std::string>& arguments) {
  auto result = TRY(sys::run_command(arguments, "", 1u << 20, sys::Errors::Taken));
  if (result.exit_code == 0) return std::move(result.output);
  const std::string_view said = base::trim(result.errors);
  return base::fail(
      base::ErrorClass::Unavailable,
      said.empty() ? fmt::format("{} failed with exit code {}", base::join(arguments, " "), result.exit_code)
                   : std::string(said));
}

/// Asks at the terminal; without one the answer is no.
bool ask(const std::string& question) {
  if (!sys::is_terminal(kStdin)) return false;
  fmt::print(stderr, "{} (y/N) ", question);
  std::string answer;
  std::getline(std::cin, answer);
  const std::string word = base::to_lower(base::trim(answer));
  return word == "y" || word == "yes";
}

}  // namespace

Invocation::Invocation(GlobalOptions global, std::vector<std::string> arguments,
                       std::map<std::string, std::string> environment)
    : global_(std::move(global)),
      arguments_(std::move(arguments)),
      process_environment_(std::move(environment)),
      files_(cache_folder(process_environment_), run_program) {}

OptionSet Invocation::options(const std::string& usage, const std::string& summary) {
  OptionSet out(command, usage, summary);
  out.flag("--dry-run", global_.dry_run, "Print the plan instead of executing it");
  return out;
}

compose::load::LoadOptions Invocation::load_options() const {
  compose::load::LoadOptions out;
  out.files = global_.files;
  out.project_name = global_.project_name;
  out.project_directory = global_.project_directory;
  std::error_code error;
  out.working_directory = std::filesystem::current_path(error).string();
  out.env_files = global_.env_files;
  out.profiles = global_.profiles;
  out.environment = process_environment_;
  out.all_resources = global_.all_resources;
  out.compatibility = global_.compatibility;
  return out;
}

base::Result<> Invocation::discover() {
  if (settings_) return {};
  settings_ = TRY(compose::load::discover_settings(load_options(), files_));
  return {};
}

base::Result<const std::map<std::string, std::string>*> Invocation::environment() {
  TRY(discover());
  return &settings_->environment;
}

std::string Invocation::variable(const char* name) {
  // A fault in an env file is reported by whoever needs the project; switches then fall back.
  const auto& from = discover() ? settings_->environment : process_environment_;
  const auto found = from.find(name);
  return found == from.end() ? std::string() : found->second;
}

bool Invocation::is_on(const char* name) {
  const std::string value = base::to_lower(variable(name));
  return value == "1" || value == "true" || value == "yes" || value == "t" || value == "y";
}

base::Result<const model::Project*> Invocation::load(const LoadWish& wish) {
  compose::load::LoadOptions wanted = load_options();
  wanted.services = wish.services;
  wanted.no_dependencies = wish.no_dependencies;
  loaded_.push_back(
      std::make_unique<compose::load::Loaded>(TRY(compose::load::load_project(wanted, files_))));
  print_warnings(loaded_.back()->warnings);
  return &loaded_.back()->project;
}

const model::Project* Invocation::load_whole() {
  const auto builds = [](const auto& entry) { return entry.second.build.has_value(); };
  const auto& services = loaded_.back()->project.services;
  if (std::none_of(services.begin(), services.end(), builds)) return nullptr;
  auto whole = compose::load::load_project(load_options(), files_);
  if (!whole) return nullptr;
  loaded_.push_back(std::make_unique<compose::load::Loaded>(*std::move(whole)));
  return &loaded_.back()->project;
}

base::Result<const model::Project*> Invocation::load_or_observe() {
  TRY(discover());
  if (!settings_->files.empty() || settings_->project_name.empty()) return load();
  if (!labelled_) {
    engine_client::Engine* opened = TRY(engine());
    const model::Observed observed = TRY(compose::observe_labelled(*opened, settings_->project_name));
    labelled_ = TRY(compose::plan::project_from_labels(settings_->project_name, observed));
  }
  return &*labelled_;
}

base::Result<std::string> Invocation::project_name() {
  TRY(discover());
  if (!settings_->project_name.empty()) return settings_->project_name;
  return TRY(load())->name;
}

base::Result<engine_client::Engine*> Invocation::engine() {
  if (engine_) return engine_.get();
  const auto& environment = discover() ? settings_->environment : process_environment_;
  engine_ = TRY(open_engine(global_, environment));
  print_warnings(warn_of_unused_variables(environment));
  if (auto recovered = recover(); !recovered) {
    engine_.reset();
    return base::fail(std::move(recovered).error());
  }
  return engine_.get();
}

/// What was interrupted here is done by the next command; this one must not work on what it left.
base::Result<> Invocation::recover() {
  base::Watcher watcher;
  if (progress_mode() != "quiet") {
    watcher.say = [this](const std::string& sentence) { progress().print_above(sentence + "\n"); };
  }
  sys::cancel_on_interrupt(watcher.cancellation);
  const auto recovery = engine_->system().recover(watcher);
  sys::end_on_interrupt();
  if (!recovery) return base::fail(recovery.error());
  for (const std::string& note : recovery->notes) {
    warn(base::make_error(base::ErrorClass::Internal, note));
  }
  if (watcher.cancellation.requested()) return base::fail(base::ErrorClass::Cancelled, "interrupted");
  return {};
}

base::Result<compose::Session*> Invocation::session() {
  if (session_) return session_.get();
  engine_client::Engine* opened = TRY(engine());
  session_.reset(new compose::Session{*opened, progress(), {}, {}, {}, false, {}, {}, {}});
  sys::cancel_on_interrupt(session_->cancellation);
  session_->warn = [this](const base::Error& warning) { warn(warning); };
  session_->confirm = ask;
  session_->dry_run = global_.dry_run;
  session_->show_plan = [](compose::plan::Plan plan) {
    plan.warnings.clear();  // told already
    fmt::print("{}", to_text(plan));
  };
  session_->show_unchanged = [this](const std::vector<std::string>& containers) {
    for (const std::string& container : containers) progress().on_unchanged(container);
  };
  session_->execute_options.hook_streams = {-1, kStderr, kStderr, false, 0, 0, {}};
  const std::string limit = variable("COMPOSE_PARALLEL_LIMIT");
  int parallel = global_.parallel.value_or(limit.empty() ? 0 : std::atoi(limit.c_str()));
  constexpr int kMostWorkers = 256;
  if (parallel < 0) parallel = kMostWorkers;
  if (parallel > 0)
    session_->execute_options.workers = static_cast<unsigned>(std::min(parallel, kMostWorkers));
  return session_.get();
}

ProgressRenderer& Invocation::progress() {
  if (progress_) return *progress_;
  ProgressStyle style;
  const std::string mode = quiet_progress ? "quiet" : progress_mode();
  style.quiet_pull = quiet_pull;
  style.quiet_build = quiet_build;
  const std::string ansi = setting(global_.ansi, "COMPOSE_ANSI", "auto");
  const bool terminal = sys::is_terminal(kStderr);
  style.colors = ansi == "always" || (ansi == "auto" && terminal && variable("NO_COLOR").empty());
  if (mode == "json") {
    style.mode = ProgressMode::Json;
  } else if (mode == "quiet") {
    style.mode = ProgressMode::Quiet;
  } else if (mode == "tty" || (mode == "auto" && terminal && ansi != "never")) {
    style.mode = ProgressMode::Terminal;
  }
  progress_ = make_progress(style);
  return *progress_;
}

char Invocation::separator() { return global_.compatibility || is_on("COMPOSE_COMPATIBILITY") ? '_' : '-'; }

std::string Invocation::version() const { return std::string(base::kVersion); }

void Invocation::warn(const base::Error& warning) {
  std::string text = base::to_text(warning, "warning");
  if (std::find(told_.begin(), told_.end(), text) != told_.end()) return;
  progress().print_above(text);
  told_.push_back(std::move(text));
}

void Invocation::print_warnings(const std::vector<base::Error>& warnings) {
  for (const base::Error& warning : warnings) warn(warning);
}

std::string Invocation::progress_mode() {
  const std::string of_builds = setting("", "BUILDKIT_PROGRESS", "auto");
  return setting(progress_wanted.empty() ? global_.progress : progress_wanted, "COMPOSE_PROGRESS",
                 of_builds.c_str());
}

std::string Invocation::setting(const std::string& flag, const char* name, const char* otherwise) {
  if (!flag.empty()) return flag;
  const std::string value = variable(name);
  return value.empty() ? otherwise : value;
}

}  // namespace cli
