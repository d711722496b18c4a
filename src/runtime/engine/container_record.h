// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "model/observed.h"

namespace runtime::engine {

/// The address a container holds on one network, for as long as the container exists.
struct EndpointLease {
  std::string network, network_id;
  std::string ipv4_address, ipv6_address, mac_address;
  bool operator==(const EndpointLease&) const = default;
};

/// A mount with everything decided: which host path or volume, whether it was anonymous.
struct ResolvedMount {
  model::MountSpec spec;  ///< `source` is a volume's name or an absolute host path.
  bool anonymous = false;
  std::string image_id;  ///< Which image is mounted, whatever its name comes to mean later.
  bool operator==(const ResolvedMount&) const = default;
};

/// What lasts of one container: the request, and what creating it decided.
struct ContainerRecord {
  std::string id;  ///< 64 hex digits.
  model::ContainerSpec spec;
  std::string image_id;
  std::int64_t created_ns = 0;       ///< Since 1970, UTC.
  std::vector<std::string> process;  ///< Entrypoint and command together.
  std::vector<ResolvedMount> mounts;
  std::vector<EndpointLease> leases;
  bool operator==(const ContainerRecord&) const = default;
};

/// Stored form, JSON; unset members are left out. Versioned by the database's schema.
std::string encode_record(const ContainerRecord& record);
base::Result<ContainerRecord> decode_record(const std::string& text);

}  // namespace runtime::engine
