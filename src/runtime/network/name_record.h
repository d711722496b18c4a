// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/network/ip_address.h"

namespace runtime::network {

/// What the resolver knows of one endpoint. Kept as the name of an empty file in the network's folder of
/// names: appears and goes in one step, needs no lock, and one readdir reads all.
struct NameRecord {
  std::string container;  ///< First 12 hex digits of the ID.
  std::optional<IpAddress> ipv4, ipv6;
  std::vector<std::string> names;  ///< Lower case; the container's own name first.
  bool operator==(const NameRecord&) const = default;
};

/// Whether others could ask for it: letters, digits, '-', '_', '.', at most 200.
bool is_resolvable_name(std::string_view name);

/// File names that hold the record, several when the names do not fit into one.
std::vector<std::string> encode_names(const NameRecord& record);
/// Nothing when the file name is not one of ours.
std::optional<NameRecord> decode_names(std::string_view file_name);

/// Every record in a folder; a missing folder has none. `each` answers false to end early.
void each_name_record(const std::string& directory, const std::function<bool(const NameRecord&)>& each);

}  // namespace runtime::network
