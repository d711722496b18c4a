// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace model {

/// compose-spec: networks.*.ipam.config[]
struct IpamPool {
  std::string subnet, ip_range, gateway;
  std::map<std::string, std::string> aux_addresses;
  bool operator==(const IpamPool&) const = default;
};

/// What an engine needs to create a network.
struct NetworkSpec {
  std::string name;
  std::string driver;  ///< Empty: bridge.
  std::map<std::string, std::string> driver_opts;
  std::string ipam_driver;
  std::vector<IpamPool> ipam;
  std::map<std::string, std::string> ipam_options;
  bool internal = false, attachable = false;
  std::optional<bool> enable_ipv4, enable_ipv6;
  std::map<std::string, std::string> labels;
  bool operator==(const NetworkSpec&) const = default;
};

/// What an engine needs to create a volume.
struct VolumeSpec {
  std::string name;
  std::string driver;  ///< Empty: local.
  std::map<std::string, std::string> driver_opts;
  std::map<std::string, std::string> labels;
  bool operator==(const VolumeSpec&) const = default;
};

}  // namespace model
