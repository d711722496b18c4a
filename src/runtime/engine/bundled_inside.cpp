// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_inside.h"

#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/container/monitor_client.h"
#include "runtime/container/status_record.h"
#include "runtime/engine/container_start.h"
#include "runtime/image/config_changes.h"
#include "runtime/image/root_export.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/process_list.h"
#include "sys/tree_copy.h"

namespace runtime::engine {
namespace {

/// A copy of the container's own layer, committed; its snapshot.
base::Result<std::string> copy_layer(Stores& stores, const std::string& container) {
  const snapshot::WritableLayer layer = TRY(stores.snapshots->prepare(snapshot::Lifetime::Process));
  const sys::UniqueFd from =
      TRY(sys::open_file(stores.snapshots->fs_path(container), O_RDONLY | O_DIRECTORY));
  const sys::UniqueFd to = TRY(sys::open_file(layer.fs, O_RDONLY | O_DIRECTORY));
  TRY(sys::copy_tree(from.value(), to.value(), sys::Whiteouts::Keep));
  TRY(stores.snapshots->commit(layer.id));
  return layer.id;
}

/// The image's variables with the container's over them.
void merge_environment(std::vector<std::string>& environment, const std::vector<std::string>& own) {
  for (const std::string& entry : own) {
    const std::string key(base::split_once(entry, '=').first);
    std::erase_if(environment,
                  [&](const std::string& old) { return base::split_once(old, '=').first == key; });
    if (entry.find('=') != std::string::npos) environment.push_back(entry);
  }
}

/// What the container was made with becomes what the image says. Labels that name a project do not: they
/// would make every container of the image one of the project's.
void take_settings(const model::ContainerSpec& spec, image::ImageConfig& config) {
  merge_environment(config.environment, spec.environment);
  if (spec.entrypoint) {
    config.entrypoint = spec.entrypoint;
    config.command.reset();
  }
  if (spec.command) config.command = spec.command;
  if (!spec.user.empty()) config.user = spec.user;
  if (!spec.working_dir.empty()) config.working_dir = spec.working_dir;
  if (!spec.stop_signal.empty()) config.stop_signal = spec.stop_signal;
  for (const auto& [key, value] : spec.labels) {
    if (!key.starts_with("com.docker.compose.")) config.labels.insert_or_assign(key, value);
  }
}

base::Result<image::ImageConfig> make_config(const ContainerRecord& record, image::ImageConfig config,
                                             const engine_client::CommitOptions& options) {
  take_settings(record.spec, config);
  for (const std::string& change : options.changes) {
    TRY_WHILE(image::apply_change(config, change), fmt::format("applying \"{}\"", change));
  }
  if (!options.author.empty()) config.author = options.author;
  config.created = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  image::HistoryEntry entry;
  entry.created = config.created;
  entry.created_by = base::join(record.process, " ");
  entry.author = options.author;
  entry.comment = options.message;
  config.history.push_back(std::move(entry));
  return config;
}

}  // namespace

base::Result<std::vector<engine_client::ContainerProcess>> BundledInside::processes(
    const std::string& container) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const auto status = TRY(container::read_status(stores_.roots.run, record.id));
  if (!status || status->pid == 0) {
    return base::fail(base::ErrorClass::Conflict,
                      fmt::format("container {} is not running", record.spec.name));
  }
  const container::LaunchPlan launch = TRY(read_launch_plan(stores_.roots, record.id));
  std::vector<int> pids = TRY(sys::list_cgroup_processes(launch.cgroup));
  std::sort(pids.begin(), pids.end());
  std::vector<engine_client::ContainerProcess> out;
  for (const int pid : pids) {
    auto facts = sys::read_process(pid);
    if (!facts) continue;  // It has ended since.
    out.push_back({facts->pid, facts->parent, facts->uid, model::TimePoint(base::Duration(facts->started_ns)),
                   facts->processor_time, std::move(facts->terminal), std::move(facts->command)});
  }
  return out;
}

base::Result<> BundledInside::export_root(const std::string& container, int tar) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const image::Image image = TRY(stores_.images->find(record.image_id));
  TRY_WHILE(image::export_root(*stores_.snapshots, record.id, image.layers, tar),
            fmt::format("exporting container {}", record.spec.name));
  return {};
}

base::Result<std::string> BundledInside::commit(const std::string& container,
                                                const engine_client::CommitOptions& options) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const image::Image base = TRY(stores_.images->find(record.image_id));
  image::BuiltImage made{.config = TRY(make_config(record, base.config, options)), .layers = {}, .tags = {}};
  if (!options.reference.empty()) made.tags.push_back(options.reference);
  const auto status = TRY(container::read_status(stores_.roots.run, record.id));
  const bool pause = options.pause && status && status->status == model::ContainerStatus::Running;
  if (pause) TRY(container::pause_container(stores_.roots.run, record.id));
  auto layer = copy_layer(stores_, record.id);
  base::Result<> unpaused;
  if (pause) unpaused = container::unpause_container(stores_.roots.run, record.id);
  const std::string snapshot =
      TRY_WHILE(std::move(layer), fmt::format("committing container {}", record.spec.name));
  TRY(unpaused);
  made.layers = stores_.snapshots->chain_after_commit(base.layers, snapshot);
  return stores_.images->add_built_image(made);
}

}  // namespace runtime::engine
