// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/sbom_scan.h"

#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/split.h"
#include "runtime/build/build_flag.h"
#include "runtime/build/build_job.h"
#include "runtime/build/run_mounts.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

constexpr std::string_view kCore = "/run/src/core/sbom";
constexpr std::string_view kExtras = "/run/src/extras/";
constexpr std::string_view kDestination = "/run/out";
constexpr std::string_view kCoreFile = "sbom.spdx.json";

/// Whether the value of BUILDKIT_SBOM_SCAN_STAGE or _CONTEXT speaks of the stage.
bool names_stage(const std::optional<std::string>& value, const std::string& stage) {
  if (!value) return false;
  if (const auto flag = parse_build_flag(*value)) return *flag;
  const std::vector<std::string> names = base::split(*value, ',');
  return !stage.empty() && std::find(names.begin(), names.end(), stage) != names.end();
}

StepMount read_only_root(std::string target, std::vector<std::string> folders, const std::string& nothing) {
  StepMount mount{.kind = StepMount::Kind::Bind, .target = std::move(target), .read_only = true};
  if (folders.size() > 1) {
    mount.kind = StepMount::Kind::Overlay;
    mount.layers = std::move(folders);
  } else {
    mount.source = folders.empty() ? nothing : folders.front();
  }
  return mount;
}

/// Regular files of what the scanner wrote, the image's first. They are somebody else's: no link is followed.
base::Result<std::vector<image::Statement>> read_statements(const std::string& folder) {
  std::vector<std::string> names = TRY(sys::list_directory(folder));
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return std::pair(a != kCoreFile, a) < std::pair(b != kCoreFile, b);
  });
  if (names.size() > image::kMostStatements)
    return base::fail(base::ErrorClass::Invalid, fmt::format("it wrote {} files", names.size()));
  const sys::UniqueFd root = TRY(sys::open_file(folder, O_PATH | O_DIRECTORY));
  std::vector<image::Statement> out;
  for (const std::string& name : names) {
    const sys::UniqueFd file = TRY(sys::open_beneath(root.value(), name, O_RDONLY | O_NONBLOCK));
    if (!S_ISREG(TRY(sys::stat_fd(file.value())).st_mode))
      return base::fail(base::ErrorClass::Invalid, fmt::format("{} is no file", name));
    const std::string text = TRY(sys::read_all(file.value(), name, image::kLargestStatement));
    out.push_back(TRY_WHILE(image::parse_statement(text), fmt::format("reading its {}", name)));
    if (out.back().predicate_type == image::kSpdxPredicate) continue;
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} is of the type {}, not {}", name,
                                  out.back().predicate_type.substr(0, 100), image::kSpdxPredicate));
  }
  if (!out.empty()) return out;
  return base::fail(base::make_error(base::ErrorClass::Invalid, "it wrote no statement")
                        .with_hint("it should write $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"));
}

}  // namespace

base::Result<SbomScan> SbomScan::prepare(BuildJob& job, const SbomOption& option,
                                         const std::vector<std::string>& layers) {
  SbomScan out(job, option);
  auto scanner = job.find_image(option.generator, {});
  if (!scanner) {
    base::Error error = std::move(scanner).error();
    error.hint = "build.sbom: generator=IMAGE names another scanner, false does without";
    std::move(error).while_doing(fmt::format("getting the scanner {} for build.sbom", option.generator));
    return base::fail(model::at_place(std::move(error), job.spec, "sbom"));
  }
  out.scanner_ = *std::move(scanner);
  out.roots_.push_back({std::string(kCore), layers});
  TRY(out.add_stages());
  if (out.scan_context_) return out;
  std::vector<std::string> parts = {"sbom", out.scanner_.id};
  for (const auto& [name, value] : option.parameters) parts.push_back(name + "=" + value);
  for (const Root& root : out.roots_) parts.push_back(root.target + "\n" + base::join(root.layers, "\n"));
  out.origin_ = make_key(parts);
  return out;
}

/// Stages that ask for it: only those that were built.
base::Result<> SbomScan::add_stages() {
  const ArgScope& global = job_.graph.global.args;
  for (const std::size_t index : job_.graph.needed) {
    const Stage& stage = job_.graph.stages[index];
    const StageState state = TRY(job_.fetch_stage(index));
    const auto asked = [&](std::string_view name) {
      return names_stage(state.args.find(name), stage.name) || names_stage(global.find(name), stage.name);
    };
    if (asked(kScanContextArg)) scan_context_ = true;
    if (index == job_.graph.target || !asked(kScanStageArg)) continue;
    roots_.push_back(
        {fmt::format("{}sbom-{}", kExtras, stage.name.empty() ? fmt::format("stage-{}", index) : stage.name),
         state.layers});
  }
  return {};
}

std::string SbomScan::step_text() const { return fmt::format("[sbom] {}", option_.generator); }

void SbomScan::report_cached() const {
  job_.emit({.kind = BuildEvent::Kind::Cached, .id = job_.next_step_id(), .text = step_text()});
}

base::Result<std::vector<image::Statement>> SbomScan::run() {
  const std::string step = job_.next_step_id();
  const std::int64_t start = base::now_ns();
  job_.emit({.kind = BuildEvent::Kind::Started, .id = step, .text = step_text()});
  const std::string folder = fmt::format("{}/{}", TRY(job_.scratch_folder()), job_.new_id());
  auto statements = run_in(folder, step);
  TRY(sys::remove_tree(folder));
  const base::Duration elapsed(base::now_ns() - start);
  if (!statements) {
    base::Error error =
        std::move(statements).error().while_doing(fmt::format("running the scanner {}", option_.generator));
    job_.emit(
        {.kind = BuildEvent::Kind::Failed, .id = step, .text = error.message + "\n", .elapsed = elapsed});
    return base::fail(std::move(error));
  }
  job_.emit({.kind = BuildEvent::Kind::Done, .id = step, .text = {}, .elapsed = elapsed});
  return statements;
}

base::Result<std::vector<image::Statement>> SbomScan::run_in(const std::string& folder,
                                                             const std::string& step) {
  const std::string destination = folder + "/out";
  TRY(sys::make_directories(destination, 0755));
  TRY(sys::make_directories(folder + "/nothing", 0755));
  TRY(run_scanner(folder, step));
  return read_statements(destination);
}

base::Result<> SbomScan::run_scanner(const std::string& folder, const std::string& step) {
  for (const std::string& layer : scanner_.layers) TRY(job_.hold_layer(layer));
  TRY(job_.hold_layers());
  const snapshot::PreparedRoot root =
      TRY(job_.snapshots.prepare_root(scanner_.layers, snapshot::Lifetime::Process));
  const image::ImageConfig& config = scanner_.config;
  StepProcess process{.id = job_.new_id(),
                      .lower_dirs = root.lower_dirs,
                      .upper = root.layer.fs,
                      .work = root.layer.work,
                      .argv = config.entrypoint.value_or(std::vector<std::string>()),
                      .env = config.environment,
                      .network = StepNetwork::None};
  if (config.command) process.argv.insert(process.argv.end(), config.command->begin(), config.command->end());
  if (!config.working_dir.empty()) process.cwd = config.working_dir;
  set_env(process.env, "BUILDKIT_SCAN_DESTINATION", fmt::format("{}/", kDestination));
  set_env(process.env, "BUILDKIT_SCAN_SOURCE", std::string(kCore));
  if (roots_.size() > 1 || scan_context_)
    set_env(process.env, "BUILDKIT_SCAN_SOURCE_EXTRAS", std::string(kExtras));
  for (const auto& [name, value] : option_.parameters) set_env(process.env, "BUILDKIT_SCAN_" + name, value);

  MountSet context;
  const auto run_it = [&]() -> base::Result<StepExit> {
    if (process.argv.empty()) return base::fail(base::ErrorClass::Invalid, "the image has no command");
    if (scan_context_) {
      PreparedMount mount;
      mount.mount.read_only = true;
      mount.mount.target = fmt::format("{}sbom-context", kExtras);
      mount.tree = TRY(job_.context(job_.context_folder));
      context = TRY(make_mounts(job_, {mount}));
      process.mounts = context.mounts;
    }
    for (const Root& seen : roots_) {
      process.mounts.push_back(
          read_only_root(seen.target, TRY(job_.snapshots.lower_dirs(seen.layers)), folder + "/nothing"));
    }
    process.mounts.push_back(
        {.kind = StepMount::Kind::Bind, .target = std::string(kDestination), .source = folder + "/out"});
    process.mounts.push_back({.kind = StepMount::Kind::Tmpfs, .target = "/tmp"});
    const auto output = [&](std::string_view bytes) {
      job_.emit({.kind = BuildEvent::Kind::Output, .id = step, .text = std::string(bytes)});
    };
    return job_.runner.run(process, output, job_.cancellation);
  }();
  remove_mounts(context);
  TRY(job_.snapshots.remove(root.layer.id));
  if (!run_it) return base::fail(run_it.error());
  if (run_it->code == 0) return {};
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("the scanner failed: exit code {}{}", run_it->code,
                                run_it->oom_killed ? " (it was killed: out of memory)" : ""));
}

}  // namespace runtime::build
