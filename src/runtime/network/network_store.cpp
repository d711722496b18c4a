// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/network_store.h"

#include <linux/netlink.h>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/suggest.h"
#include "runtime/network/network_options.h"
#include "runtime/network/pool_choice.h"
#include "sys/rtnetlink.h"
#include "sys/sha256.h"

namespace runtime::network {
namespace {

constexpr std::size_t kIdBytes = 32;
constexpr std::size_t kLongestName = 255;

base::Result<> check_name(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const bool starts_well = !name.empty() && std::string_view("_.-").find(name[0]) == std::string_view::npos;
  if (starts_well && name.size() <= kLongestName && name.find_first_not_of(kLetters) == std::string::npos) {
    return {};
  }
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, fmt::format("invalid network name \"{}\"", name))
          .with_hint("use letters, digits, '_', '.' and '-', starting with a letter or digit"));
}

bool is_built_in(const std::string& name) {
  return name == kDefaultNetwork || name == kHostNetwork || name == kNoNetwork;
}

NetworkRecord built_in(const std::string& name) {
  NetworkRecord record;
  record.id = name;
  record.name = name;
  record.driver = name == kHostNetwork ? Driver::Host : Driver::None;
  return record;
}

std::vector<Subnet> subnets_of(const std::vector<NetworkRecord>& networks) {
  std::vector<Subnet> subnets;
  for (const NetworkRecord& network : networks) {
    for (const Pool& pool : network.pools) {
      if (const auto subnet = parse_subnet(pool.subnet)) subnets.push_back(*subnet);
    }
  }
  return subnets;
}

std::optional<Subnet> to_subnet(const sys::LinkPrefix& prefix) {
  IpAddress address;
  if (prefix.bytes.size() == 16) address.family = IpFamily::V6;
  if (prefix.bytes.size() != address.bits() / 8) return std::nullopt;
  std::copy(prefix.bytes.begin(), prefix.bytes.end(), address.bytes.begin());
  const auto subnet = parse_subnet(fmt::format("{}/{}", to_text(address), prefix.prefix));
  if (!subnet || subnet->base.is_loopback()) return std::nullopt;
  return *subnet;
}

}  // namespace

base::Result<std::unique_ptr<NetworkStore>> NetworkStore::open(sys::Database& database, UsedSubnets used) {
  TRY(database.create_tables(
      "CREATE TABLE IF NOT EXISTS networks("
      "id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL,"
      "last_ipv4 TEXT NOT NULL DEFAULT '', last_ipv6 TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS leases("
      "network TEXT NOT NULL, address TEXT NOT NULL, container TEXT NOT NULL,"
      "PRIMARY KEY(network, address)) WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS leases_container ON leases(container);"));
  return std::unique_ptr<NetworkStore>(new NetworkStore(database, std::move(used)));
}

base::Result<std::vector<Subnet>> NetworkStore::host_subnets() {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_ROUTE));
  std::vector<Subnet> subnets;
  for (const auto& list : {TRY(sys::list_routes(socket)), TRY(sys::list_addresses(socket))}) {
    for (const sys::LinkPrefix& prefix : list) {
      if (const auto subnet = to_subnet(prefix)) subnets.push_back(*subnet);
    }
  }
  return subnets;
}

base::Result<NetworkRecord> NetworkStore::create(const model::NetworkSpec& spec) {
  TRY(check_name(spec.name));
  if (spec.name == kHostNetwork || spec.name == kNoNetwork) {
    return base::fail(base::ErrorClass::Conflict, fmt::format("network {} exists already", spec.name));
  }
  NetworkRecord record;
  record.id = sys::random_hex(kIdBytes);
  record.name = spec.name;
  record.created_ns = base::now_ns();
  TRY(read_options(record, spec));
  const std::vector<Subnet> used = TRY(used_());
  TRY(database_.transaction([&]() -> base::Result<> {
    const std::vector<NetworkRecord> others = TRY(list());
    for (const NetworkRecord& other : others) {
      if (other.name == record.name) {
        return base::fail(base::ErrorClass::Conflict, fmt::format("network {} exists already", spec.name));
      }
      if (!record.bridge.empty() && other.bridge == record.bridge) {
        return base::fail(base::ErrorClass::Conflict,
                          fmt::format("network {}: the bridge {} belongs to network {}", spec.name,
                                      record.bridge, other.name));
      }
    }
    record.pools = TRY(choose_pools(spec, subnets_of(others), used));
    return database_.run("INSERT INTO networks(id, name, record) VALUES(?, ?, ?)",
                         {record.id, record.name, encode_record(record)});
  }));
  return record;
}

base::Result<std::vector<NetworkRecord>> NetworkStore::list() {
  std::vector<std::string> texts;
  TRY(database_.run("SELECT record FROM networks ORDER BY name", {},
                    [&](const sys::Row& row) { texts.push_back(row.text(0)); }));
  std::vector<NetworkRecord> records;
  for (const std::string& text : texts) records.push_back(TRY(decode_record(text)));
  return records;
}

base::Result<std::set<std::string>> NetworkStore::list_ids() {
  std::set<std::string> ids;
  TRY(database_.run("SELECT id FROM networks", {}, [&](const sys::Row& row) { ids.insert(row.text(0)); }));
  return ids;
}

base::Result<NetworkRecord> NetworkStore::find(const std::string& name_or_id) {
  if (name_or_id == kHostNetwork || name_or_id == kNoNetwork) return built_in(name_or_id);
  std::vector<std::string> texts;
  TRY(database_.run("SELECT record FROM networks WHERE name = ?1 OR id = ?1", {name_or_id},
                    [&](const sys::Row& row) { texts.push_back(row.text(0)); }));
  const bool could_be_id =
      !name_or_id.empty() && name_or_id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (texts.empty() && could_be_id) {
    TRY(database_.run("SELECT record FROM networks WHERE substr(id, 1, length(?1)) = ?1", {name_or_id},
                      [&](const sys::Row& row) { texts.push_back(row.text(0)); }));
  }
  if (texts.size() > 1) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("several networks have an ID that starts with {}", name_or_id));
  }
  if (texts.size() == 1) return decode_record(texts.front());
  if (name_or_id == kDefaultNetwork) {
    model::NetworkSpec spec;
    spec.name = kDefaultNetwork;
    auto made = create(spec);
    // Another process was faster.
    if (!made && made.error().error_class == base::ErrorClass::Conflict) return find(name_or_id);
    return made;
  }
  std::vector<std::string> names;
  for (const NetworkRecord& network : TRY(list())) names.push_back(network.name);
  const std::string nearest = base::nearest_name(name_or_id, names);
  base::Error error =
      base::make_error(base::ErrorClass::NotFound, fmt::format("no such network: {}", name_or_id));
  if (!nearest.empty()) error.hint = fmt::format("did you mean {}?", nearest);
  return base::fail(std::move(error));
}

base::Result<NetworkRecord> NetworkStore::remove(const std::string& name_or_id) {
  if (is_built_in(name_or_id)) {
    return base::fail(base::ErrorClass::Conflict,
                      fmt::format("network {} is built in and cannot be removed", name_or_id));
  }
  NetworkRecord removed;
  TRY(database_.transaction([&]() -> base::Result<> {
    removed = TRY(find(name_or_id));
    const std::vector<Lease> leases = TRY(list_leases(removed.id));
    if (!leases.empty()) {
      return base::fail(base::make_error(base::ErrorClass::Conflict,
                                         fmt::format("network {} is in use by {} container{}", removed.name,
                                                     leases.size(), leases.size() == 1 ? "" : "s"))
                            .with_hint(fmt::format("remove container {} first",
                                                   leases.front().container_id.substr(0, 12))));
    }
    return database_.run("DELETE FROM networks WHERE id = ?", {removed.id});
  }));
  return removed;
}

}  // namespace runtime::network
