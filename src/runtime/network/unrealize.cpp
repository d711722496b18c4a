// SPDX-License-Identifier: Apache-2.0
#include <linux/netlink.h>

#include <cerrno>
#include <charconv>

#include <fmt/format.h>

#include "runtime/network/name_record.h"
#include "runtime/network/port_file.h"
#include "runtime/network/realize.h"
#include "runtime/network/ruleset.h"
#include "sys/file.h"
#include "sys/rtnetlink.h"
#include "sys/sha256.h"

namespace runtime::network {
namespace {

constexpr std::size_t kShortId = 12;

base::Result<> remove_elements(const Installation& installation, const std::vector<NetworkRecord>& networks) {
  const std::string lock_path = installation.run_root + "/networks/table.lock";
  if (!sys::path_exists(lock_path)) return {};
  const auto lock = TRY(sys::lock_file(lock_path));
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_NETFILTER));
  if (!TRY(sys::find_nft_table(socket, installation.name))) return {};
  std::vector<sys::NftElement> elements;
  for (const NetworkRecord& network : networks) {
    for (sys::NftElement& element : network_elements(network)) elements.push_back(std::move(element));
  }
  TRY(delete_elements(socket, installation.name, elements));
  if (!TRY(sys::list_nft_elements(socket, installation.name, "bridges")).empty()) return {};
  sys::NetlinkBatch batch = socket.batch();
  sys::begin_nft_transaction(batch);
  sys::delete_nft_table(batch, installation.name);
  sys::end_nft_transaction(batch);
  return socket.execute(batch, fmt::format("removing nftables table {}", installation.name));
}

/// A link group nobody else uses: high, and different each time.
std::uint32_t random_group() {
  const std::string digits = sys::random_hex(sizeof(std::uint32_t));
  std::uint32_t group = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), group, 16);
  return group | 0x40000000u;
}

/// Bridges and what is still plugged into them, in one call: the kernel waits once, not for each.
base::Result<> remove_links(const std::vector<NetworkRecord>& networks) {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_ROUTE));
  std::vector<int> doomed;
  const auto links = TRY(sys::list_links(socket));
  for (const NetworkRecord& network : networks) {
    if (network.driver != Driver::Bridge) continue;
    for (const sys::Link& link : links) {
      if (link.name != network.bridge || link.kind != "bridge") continue;
      doomed.push_back(link.index);
      for (const sys::Link& port : links) {
        if (port.master == link.index) doomed.push_back(port.index);
      }
    }
  }
  if (doomed.empty()) return {};
  sys::NetlinkBatch batch = socket.batch();
  if (doomed.size() == 1) {
    sys::delete_link(batch, doomed.front());
  } else {
    const std::uint32_t group = random_group();
    for (const int link : doomed) sys::set_link_group(batch, link, group);
    sys::delete_link_group(batch, group);
  }
  auto removed = socket.execute(batch, "removing bridges");
  // Ports vanish by themselves when their container's namespace goes.
  if (!removed && removed.error().errno_value != ENODEV) return removed;
  return {};
}

base::Result<> remove_files(const Installation& installation, const std::vector<NetworkRecord>& networks) {
  const std::string root = installation.run_root + "/networks";
  std::vector<base::Error> errors;
  for (const NetworkRecord& network : networks) {
    auto removed = sys::remove_tree(root + "/" + network.id);
    if (!removed) errors.push_back(std::move(removed).error());
  }
  if (!errors.empty()) return base::fail(base::join_errors(std::move(errors)));
  const auto left = sys::list_directory(root);
  if (!left) return {};
  for (const std::string& name : *left) {
    if (name != "ports" && name != "table.lock") return {};
  }
  if (!list_port_files(installation).empty()) return {};
  return sys::remove_tree(root);
}

base::Result<> sweep_names(const std::string& directory, const std::set<std::string>& alive,
                           std::set<std::string>& swept) {
  const auto files = sys::list_directory(directory);
  if (!files) return {};
  for (const std::string& file : *files) {
    const auto record = decode_names(file);
    if (record && alive.contains(record->container)) continue;
    TRY(sys::remove_tree(directory + "/" + file));
    if (record) swept.insert(record->container);
  }
  return {};
}

}  // namespace

base::Result<> remove_network_realization(const Installation& installation,
                                          const std::vector<NetworkRecord>& networks) {
  std::vector<base::Error> errors;
  const auto keep = [&](base::Result<> result) {
    if (!result) errors.push_back(std::move(result).error());
  };
  keep(remove_elements(installation, networks));
  keep(remove_links(networks));
  keep(remove_files(installation, networks));
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

base::Result<std::size_t> sweep(const Installation& installation, const std::set<std::string>& alive) {
  std::set<std::string> short_ids, swept;
  for (const std::string& id : alive) short_ids.insert(id.substr(0, kShortId));
  for (const std::string& container : list_port_files(installation)) {
    if (alive.contains(container)) continue;
    TRY_WHILE(sweep_ports(installation, container),
              fmt::format("removing published ports of container {}", container.substr(0, kShortId)));
    swept.insert(container.substr(0, kShortId));
  }
  const auto networks = sys::list_directory(installation.run_root + "/networks");
  if (!networks) return swept.size();
  for (const std::string& network : *networks) {
    TRY(sweep_names(installation.names_directory(network), short_ids, swept));
  }
  return swept.size();
}

base::Result<std::size_t> sweep_networks(const Installation& installation, NetworkStore& store) {
  const auto folders = sys::list_directory(installation.run_root + "/networks");
  if (!folders) return std::size_t{0};
  // Listed after the folders: a network made meanwhile is known.
  const std::set<std::string> known = TRY(store.list_ids());
  std::vector<NetworkRecord> gone;
  for (const std::string& id : *folders) {
    if (known.contains(id)) continue;
    const auto text = sys::read_file(installation.record_path(id));
    if (!text) continue;
    if (auto record = decode_record(*text)) gone.push_back(std::move(*record));
  }
  if (gone.empty()) return std::size_t{0};
  TRY(remove_network_realization(installation, gone));
  return gone.size();
}

}  // namespace runtime::network
