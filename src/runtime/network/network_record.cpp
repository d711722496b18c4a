// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/network_record.h"

#include <algorithm>
#include <chrono>

namespace runtime::network {

std::string_view to_text(Driver driver) {
  switch (driver) {
    case Driver::Bridge: return "bridge";
    case Driver::Host: return "host";
    case Driver::None: return "null";
    case Driver::Macvlan: return "macvlan";
    case Driver::Ipvlan: return "ipvlan";
  }
  return "bridge";
}

bool NetworkRecord::has_ipv4() const {
  return std::any_of(pools.begin(), pools.end(),
                     [](const Pool& pool) { return pool.subnet.find(':') == std::string::npos; });
}

bool NetworkRecord::has_ipv6() const {
  return std::any_of(pools.begin(), pools.end(),
                     [](const Pool& pool) { return pool.subnet.find(':') != std::string::npos; });
}

model::ObservedNetwork to_observed(const NetworkRecord& record) {
  model::ObservedNetwork seen;
  seen.id = record.id;
  seen.name = record.name;
  seen.driver = to_text(record.driver);
  seen.labels = record.labels;
  seen.internal = record.internal;
  seen.enable_ipv6 = record.has_ipv6();
  seen.attachable = record.attachable;
  for (const Pool& pool : record.pools) {
    seen.subnets.push_back(pool.subnet);
    seen.gateways.push_back(pool.gateway);
  }
  seen.created = model::TimePoint(std::chrono::nanoseconds(record.created_ns));
  return seen;
}

}  // namespace runtime::network
