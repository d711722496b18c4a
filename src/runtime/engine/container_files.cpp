// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/engine/container_network.h"
#include "runtime/engine/host_files.h"
#include "sys/file.h"
#include "sys/ownership.h"

namespace runtime::engine {
namespace {

constexpr std::uint32_t kPublicFile = 0644;
constexpr std::uint32_t kPrivateFolder = 0700;

model::MountSpec file_mount(std::string source, std::string target, bool read_only) {
  model::MountSpec mount;
  mount.type = model::MountType::Bind;
  mount.source = std::move(source);
  mount.target = std::move(target);
  mount.read_only = read_only;
  mount.create_host_path = false;
  return mount;
}

/// Whose addresses and resolver the container sees: another one's with network_mode "container:<id>".
base::Result<ContainerRecord> find_network_owner(Stores& stores, const ContainerRecord& record) {
  constexpr std::string_view kShared = "container:";
  if (!record.spec.network_mode.starts_with(kShared)) return record;
  return stores.containers->find(record.spec.network_mode.substr(kShared.size()));
}

/// Legacy links as hosts entries: the address a linked container has on a network both are on.
base::Result<std::vector<std::string>> link_hosts(Stores& stores, const ContainerRecord& record) {
  std::vector<std::string> entries;
  for (const std::string& link : record.spec.links) {
    const auto [name, alias] = base::split_once(link, ':');
    const ContainerRecord other =
        TRY_WHILE(stores.containers->find(std::string(name)), fmt::format("resolving the link {}", link));
    for (const EndpointLease& theirs : other.leases) {
      const bool shared =
          std::any_of(record.leases.begin(), record.leases.end(),
                      [&](const EndpointLease& own) { return own.network_id == theirs.network_id; });
      if (shared && !theirs.ipv4_address.empty()) {
        entries.push_back(fmt::format("{}={}", alias.empty() ? name : alias, theirs.ipv4_address));
      }
    }
  }
  return entries;
}

}  // namespace

base::Result<> write_secret_files(const Roots& roots, const std::string& id,
                                  std::vector<model::FileSpec>& files) {
  if (files.empty()) return {};
  const std::string folder = roots.container_data(id) + "/files";
  TRY(sys::make_directories(folder, kPrivateFolder));
  for (std::size_t i = 0; i < files.size(); ++i) {
    model::FileSpec& file = files[i];
    std::string content = std::move(file.content);
    if (!file.source.empty()) {
      content = TRY_WHILE(sys::read_file(file.source), fmt::format("reading the file for {}", file.target));
    }
    const std::string path = fmt::format("{}/{}", folder, i);
    TRY(sys::write_file(path, content, file.mode));
    TRY(sys::change_owner(path, file.uid, file.gid));
    TRY(sys::change_mode(path, file.mode));
    file.content.clear();
    file.source = path;
  }
  return {};
}

base::Result<> write_host_files(Stores& stores, const ContainerRecord& record) {
  const std::string folder = stores.roots.container_data(record.id);
  const ContainerRecord owner = TRY(find_network_owner(stores, record));
  const std::string gateway = TRY(find_gateway(stores, owner));
  model::ContainerSpec spec = record.spec;
  for (std::string& entry : TRY(link_hosts(stores, record))) spec.extra_hosts.push_back(std::move(entry));
  const std::string hosts = TRY(make_hosts_text(spec, owner.leases, gateway));
  TRY(sys::write_file(folder + "/hosts", hosts, kPublicFile));
  TRY(sys::write_file(folder + "/hostname", record.spec.hostname + "\n", kPublicFile));
  const auto host_resolv = sys::read_file("/etc/resolv.conf");
  const std::string resolv =
      make_resolv_conf_text(record.spec, host_resolv.value_or(""), !owner.leases.empty());
  return sys::write_file(folder + "/resolv.conf", resolv, kPublicFile);
}

std::vector<model::MountSpec> file_mounts(const Roots& roots, const ContainerRecord& record) {
  const std::string folder = roots.container_data(record.id);
  std::vector<model::MountSpec> mounts;
  for (const char* name : {"hosts", "hostname", "resolv.conf"}) {
    mounts.push_back(file_mount(folder + "/" + name, std::string("/etc/") + name, false));
  }
  for (const model::FileSpec& file : record.spec.files) {
    mounts.push_back(file_mount(file.source, file.target, true));
  }
  std::erase_if(mounts, [&](const model::MountSpec& mount) {
    return std::any_of(record.mounts.begin(), record.mounts.end(),
                       [&](const ResolvedMount& own) { return own.spec.target == mount.target; });
  });
  return mounts;
}

}  // namespace runtime::engine
