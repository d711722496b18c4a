// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_create.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "runtime/container/status_record.h"
#include "runtime/engine/container_files.h"
#include "runtime/engine/container_network.h"
#include "runtime/engine/container_remove.h"
#include "runtime/engine/log_plan.h"
#include "runtime/engine/mount_resolution.h"
#include "runtime/engine/recover.h"
#include "runtime/engine/unsupported.h"
#include "runtime/engine/volume_filling.h"
#include "runtime/oci/make_spec.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::engine {
namespace {

constexpr std::size_t kIdBytes = 32;
constexpr std::uint32_t kContainerFolder = 0711;  // the launcher opens single files in it after a uid change

base::Result<> check_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  const bool starts_well =
      !name.empty() && allowed(name[0]) && name[0] != '_' && name[0] != '.' && name[0] != '-';
  for (const char c : name) {
    if (!starts_well || !allowed(c)) {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("invalid container name \"{}\"", name))
              .with_hint("use letters, digits, '_', '.' and '-', starting with a letter or digit"));
    }
  }
  if (name.size() < 2) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("invalid container name \"{}\": too short", name));
  }
  return {};
}

base::Result<std::vector<ContainerRecord>> find_donors(Stores& stores, const model::ContainerSpec& spec) {
  std::vector<ContainerRecord> donors;
  for (const std::string& entry : spec.volumes_from) {
    donors.push_back(TRY_WHILE(stores.containers->find(entry.substr(0, entry.find(':'))),
                               "looking for the container to take volumes from"));
  }
  return donors;
}

base::Result<> prepare_bind(const ResolvedMount& mount) {
  if (sys::path_exists(mount.spec.source)) return {};
  if (!mount.spec.create_host_path) {
    return base::fail(base::make_error(base::ErrorClass::NotFound,
                                       fmt::format("bind source path does not exist: {}", mount.spec.source))
                          .with_hint("create it, or allow bind.create_host_path"));
  }
  return sys::make_directories(mount.spec.source);
}

base::Result<> prepare_mounts(Stores& stores, const ContainerRecord& record, const image::Image& image,
                              const base::Cancellation& cancellation) {
  for (const ResolvedMount& mount : record.mounts) {
    if (mount.spec.type == model::MountType::Bind) TRY(prepare_bind(mount));
    if (mount.spec.type == model::MountType::Volume) TRY(fill_volume(stores, mount, image, cancellation));
  }
  return {};
}

base::Result<> add_volume_users(Stores& stores, const ContainerRecord& record) {
  for (const ResolvedMount& mount : record.mounts) {
    if (mount.spec.type == model::MountType::Volume) {
      TRY(stores.volumes->add_user(mount.spec.source, record.id));
    }
  }
  return {};
}

base::Result<> find_mounted_images(Stores& stores, ContainerRecord& record) {
  for (ResolvedMount& mount : record.mounts) {
    if (mount.spec.type != model::MountType::Image || !mount.image_id.empty()) continue;
    mount.image_id = TRY(stores.images->find_whole(mount.spec.source)).id;
  }
  return {};
}

/// In the transaction that records the container: one that removes an image sees either its record or no
/// image.
base::Result<> check_images(Stores& stores, const ContainerRecord& record) {
  TRY(stores.images->find_id(record.image_id));
  for (const ResolvedMount& mount : record.mounts) {
    if (!mount.image_id.empty()) TRY(stores.images->find_id(mount.image_id));
  }
  return {};
}

base::Result<ContainerRecord> decide(Stores& stores, const model::ContainerSpec& request,
                                     const image::Image& image) {
  TRY(refuse_unsupported(request));
  ContainerRecord record;
  record.id = sys::random_hex(kIdBytes);
  record.spec = request;
  record.image_id = image.id;
  record.created_ns = base::now_ns();
  if (record.spec.name.empty()) record.spec.name = "container-" + record.id.substr(0, 12);
  TRY(check_name(record.spec.name));
  const bool host_names = record.spec.network_mode == "host" || record.spec.uts_mode == "host";
  if (record.spec.hostname.empty() && !host_names) record.spec.hostname = record.id.substr(0, 12);
  if (record.spec.hostname.empty()) record.spec.hostname = TRY(sys::read_file("/proc/sys/kernel/hostname"));
  while (record.spec.hostname.ends_with('\n')) record.spec.hostname.pop_back();
  const model::ObservedImage observed = image::to_observed(image.config);
  record.process = TRY(oci::make_arguments(request, observed));
  record.mounts = TRY(resolve_mounts(request, observed, TRY(find_donors(stores, request))));
  TRY(find_mounted_images(stores, record));
  TRY(make_log_plan(request.log, ""));
  return record;
}

base::Result<> make_and_record(Stores& stores, ContainerRecord& record, const image::Image& image,
                               const base::Cancellation& cancellation) {
  TRY(sys::make_directories(stores.roots.container_data(record.id), kContainerFolder));
  TRY(write_secret_files(stores.roots, record.id, record.spec.files));
  TRY(prepare_mounts(stores, record, image, cancellation));
  TRY(stores.snapshots->prepare_root(image.layers, snapshot::Lifetime::Process, record.id));
  TRY(stores.containers->insert(record, [&]() -> base::Result<> {
    TRY(check_images(stores, record));
    record.leases = TRY(lease_addresses(stores, record));
    TRY(stores.containers->update(record));
    TRY(add_volume_users(stores, record));
    return stores.snapshots->keep(record.id);
  }));
  return sys::write_file(container::status_path(stores.roots.run, record.id),
                         container::encode(container::StatusRecord{}));
}

}  // namespace

base::Result<std::string> create_container(Stores& stores, const model::ContainerSpec& request,
                                           const base::Cancellation& cancellation) {
  const auto lock = TRY(hold_off_recovery(stores.roots));
  const image::Image image = TRY(stores.images->find_whole(request.image));
  ContainerRecord record = TRY(decide(stores, request, image));
  auto made = make_and_record(stores, record, image, cancellation);
  if (made) return record.id;
  base::Error error =
      std::move(made).error().while_doing(fmt::format("creating container {}", record.spec.name));
  const auto undone = remove_container(
      stores, record, {.force = true, .anonymous_volumes = engine_client::AnonymousVolumes::Remove});
  if (!undone) error.also.push_back(undone.error());
  return base::fail(std::move(error));
}

}  // namespace runtime::engine
