// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_remove.h"

#include <csignal>

#include <fmt/format.h>

#include "runtime/container/monitor_client.h"
#include "runtime/engine/idle.h"
#include "sys/file.h"

namespace runtime::engine {
namespace {

base::Result<> end_process(Stores& stores, const ContainerRecord& record, bool force) {
  const auto status = container::read_status(stores.roots.run, record.id);
  if (!status || !*status || !model::is_active((*status)->status)) return {};
  if (!force) {
    return base::fail(
        base::make_error(base::ErrorClass::Conflict, fmt::format("container {} is {}", record.spec.name,
                                                                 model::to_text((*status)->status)))
            .with_hint("stop it first, or force its removal"));
  }
  return container::stop_container(stores.roots.run, record.id, base::Duration{0});
}

}  // namespace

base::Result<> remove_container_files(const Roots& roots, const std::string& id) {
  std::vector<base::Error> errors;
  for (const std::string& path :
       {container::status_path(roots.run, id), roots.container_run(id), roots.container_data(id)}) {
    if (auto removed = sys::remove_tree(path); !removed) errors.push_back(std::move(removed).error());
  }
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

base::Result<> remove_container(Stores& stores, const ContainerRecord& record,
                                const engine_client::RemoveOptions& options) {
  TRY_WHILE(end_process(stores, record, options.force),
            fmt::format("removing container {}", record.spec.name));
  TRY(stores.containers->remove(record.id, [&]() -> base::Result<> {
    TRY(stores.volumes->remove_user(record.id));
    return stores.networks->release_leases(record.id);
  }));
  std::vector<base::Error> errors;
  const auto keep = [&](base::Result<> result) {
    if (!result) errors.push_back(std::move(result).error());
  };
  keep(stores.snapshots->remove(record.id));
  keep(remove_container_files(stores.roots, record.id));
  for (const ResolvedMount& mount : record.mounts) {
    const bool anonymous = mount.anonymous && mount.spec.type == model::MountType::Volume;
    if (anonymous && options.anonymous_volumes == engine_client::AnonymousVolumes::Remove) {
      keep(stores.volumes->remove(mount.spec.source));
    }
  }
  keep(release_when_idle(stores));
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

}  // namespace runtime::engine
