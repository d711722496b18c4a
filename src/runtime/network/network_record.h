// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/network_spec.h"
#include "model/observed.h"

namespace runtime::network {

/// How containers are attached. compose-spec: networks.*.driver
enum class Driver : std::uint8_t { Bridge, Host, None, Macvlan, Ipvlan };
std::string_view to_text(Driver driver);

/// One address range of a network, everything decided.
struct Pool {
  std::string subnet;   ///< "172.18.0.0/16"
  std::string gateway;  ///< Address of the bridge; of somebody else's router for macvlan. May be empty.
  std::string range;    ///< Addresses are chosen from here; empty: from the whole subnet.
  std::map<std::string, std::string> aux_addresses;  ///< Never given out.
  bool operator==(const Pool&) const = default;
};

/// What lasts of one network: the request, and what creating it decided.
struct NetworkRecord {
  std::string id;  ///< 64 hex digits; for the built-in "host" and "none" the name.
  std::string name;
  Driver driver = Driver::Bridge;
  std::vector<Pool> pools;
  bool internal = false, attachable = false;
  std::map<std::string, std::string> driver_opts, labels;
  std::int64_t created_ns = 0;  ///< Since 1970, UTC.

  // What the options say.
  std::string bridge;              ///< Name of the bridge link; empty for other drivers.
  std::string parent;              ///< macvlan, ipvlan: the host link they sit on.
  std::string mode;                ///< macvlan: bridge, private, vepa, passthru; ipvlan: l2, l3, l3s.
  std::uint32_t mtu = 0;           ///< 0: the kernel's default.
  bool masquerade = true;          ///< Outgoing connections carry the host's address.
  bool between_containers = true;  ///< Containers of this network may reach each other.
  std::string host_binding;        ///< Host address for published ports that name none.

  bool has_ipv4() const;
  bool has_ipv6() const;
  bool operator==(const NetworkRecord&) const = default;
};

/// What a client of the engine sees.
model::ObservedNetwork to_observed(const NetworkRecord& record);

/// Stored form, JSON.
std::string encode_record(const NetworkRecord& record);
base::Result<NetworkRecord> decode_record(const std::string& text);

}  // namespace runtime::network
