// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/endpoint_names.h"

#include <fcntl.h>

#include "runtime/network/name_record.h"
#include "sys/file.h"

namespace runtime::network {
namespace {

constexpr std::size_t kShortId = 12;
constexpr std::uint32_t kFolderMode = 0711, kFileMode = 0600;

std::vector<std::string> files_of(const NetworkPlan& plan, const EndpointPlan& endpoint) {
  NameRecord record;
  record.container = plan.container_id.substr(0, kShortId);
  record.ipv4 = parse_ip_address(endpoint.ipv4_address);
  record.ipv6 = parse_ip_address(endpoint.ipv6_address);
  record.names = endpoint.names;
  std::vector<std::string> paths;
  for (const std::string& file : encode_names(record)) paths.push_back(endpoint.names_directory + "/" + file);
  return paths;
}

}  // namespace

base::Result<> add_names(const NetworkPlan& plan) {
  for (const EndpointPlan& endpoint : plan.endpoints) {
    for (const std::string& path : files_of(plan, endpoint)) {
      auto file = sys::open_file(path, O_WRONLY | O_CREAT, kFileMode);
      if (file) continue;
      TRY(sys::make_directories(endpoint.names_directory, kFolderMode));
      TRY(sys::open_file(path, O_WRONLY | O_CREAT, kFileMode));
    }
  }
  return {};
}

base::Result<> remove_names(const NetworkPlan& plan) {
  std::vector<base::Error> errors;
  for (const EndpointPlan& endpoint : plan.endpoints) {
    for (const std::string& path : files_of(plan, endpoint)) {
      auto removed = sys::remove_tree(path);
      if (!removed) errors.push_back(std::move(removed).error());
    }
  }
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

}  // namespace runtime::network
