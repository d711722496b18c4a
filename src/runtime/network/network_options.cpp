// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/network_options.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/suggest.h"
#include "runtime/network/ip_address.h"

namespace runtime::network {
namespace {

constexpr std::size_t kLongestLinkName = 15;
constexpr std::size_t kBridgeIdDigits = 11;
constexpr std::uint32_t kSmallestMtu = 68, kLargestMtu = 65535;

base::Result<bool> parse_switch(const std::string& key, const std::string& value) {
  for (const char* yes : {"true", "1", "t", "T", "TRUE", "True"}) {
    if (value == yes) return true;
  }
  for (const char* no : {"false", "0", "f", "F", "FALSE", "False"}) {
    if (value == no) return false;
  }
  return base::fail(base::ErrorClass::Invalid, fmt::format("{} is true or false, not \"{}\"", key, value));
}

base::Result<std::uint32_t> parse_mtu(const std::string& key, const std::string& value) {
  std::uint32_t mtu = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mtu);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (whole && mtu >= kSmallestMtu && mtu <= kLargestMtu) return mtu;
  return base::fail(base::ErrorClass::Invalid, fmt::format("{} is a number from {} to {}, not \"{}\"", key,
                                                           kSmallestMtu, kLargestMtu, value));
}

base::Result<> check_link_name(const std::string& key, const std::string& value) {
  const bool good = !value.empty() && value.size() <= kLongestLinkName && value != "." && value != ".." &&
                    value.find_first_of("/ :\t\n%") == std::string::npos;
  if (good) return {};
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("{}: \"{}\" cannot be the name of a link (at most {} bytes)", key, value,
                                kLongestLinkName));
}

using Apply = base::Result<> (*)(NetworkRecord&, const std::string& key, const std::string& value);
struct Option {
  const char* key;
  Driver driver;
  Apply apply;
};

base::Result<> set_bridge_name(NetworkRecord& record, const std::string& key, const std::string& value) {
  TRY(check_link_name(key, value));
  record.bridge = value;
  return {};
}
base::Result<> set_mtu(NetworkRecord& record, const std::string& key, const std::string& value) {
  record.mtu = TRY(parse_mtu(key, value));
  return {};
}
base::Result<> set_between(NetworkRecord& record, const std::string& key, const std::string& value) {
  record.between_containers = TRY(parse_switch(key, value));
  return {};
}
base::Result<> set_masquerade(NetworkRecord& record, const std::string& key, const std::string& value) {
  record.masquerade = TRY(parse_switch(key, value));
  return {};
}
base::Result<> set_host_binding(NetworkRecord& record, const std::string& key, const std::string& value) {
  const auto address = parse_ip_address(value);
  if (!address) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} is an IP address, not \"{}\"", key, value));
  }
  record.host_binding = address->is_unspecified() ? std::string() : value;
  return {};
}
base::Result<> set_parent(NetworkRecord& record, const std::string& key, const std::string& value) {
  TRY(check_link_name(key, value));
  record.parent = value;
  return {};
}
base::Result<> set_mode(NetworkRecord& record, const std::string& key, const std::string& value) {
  const bool macvlan = record.driver == Driver::Macvlan;
  const std::string known = macvlan ? "bridge private vepa passthru" : "l2 l3 l3s";
  if (value.empty() || (" " + known + " ").find(" " + value + " ") == std::string::npos) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} is one of {}, not \"{}\"", key, known, value));
  }
  record.mode = value;
  return {};
}

constexpr std::array kOptions = {
    Option{"com.docker.network.bridge.name", Driver::Bridge, set_bridge_name},
    Option{"com.docker.network.bridge.enable_icc", Driver::Bridge, set_between},
    Option{"com.docker.network.bridge.enable_ip_masquerade", Driver::Bridge, set_masquerade},
    Option{"com.docker.network.bridge.host_binding_ipv4", Driver::Bridge, set_host_binding},
    Option{"com.docker.network.driver.mtu", Driver::Bridge, set_mtu},
    Option{"com.docker.network.driver.mtu", Driver::Macvlan, set_mtu},
    Option{"com.docker.network.driver.mtu", Driver::Ipvlan, set_mtu},
    Option{"parent", Driver::Macvlan, set_parent},
    Option{"macvlan_mode", Driver::Macvlan, set_mode},
    Option{"parent", Driver::Ipvlan, set_parent},
    Option{"ipvlan_mode", Driver::Ipvlan, set_mode},
};

base::Result<Driver> parse_driver(const model::NetworkSpec& spec) {
  if (spec.driver.empty() || spec.driver == "bridge" || spec.driver == "default") return Driver::Bridge;
  if (spec.driver == "macvlan") return Driver::Macvlan;
  if (spec.driver == "ipvlan") return Driver::Ipvlan;
  if (spec.driver == "host" || spec.driver == "none" || spec.driver == "null") {
    return base::fail(
        base::make_error(
            base::ErrorClass::Conflict,
            fmt::format("network {}: there is one network of the driver {} only", spec.name, spec.driver))
            .with_hint(fmt::format("use network_mode: {}", spec.driver == "host" ? "host" : "none")));
  }
  return base::fail(
      base::make_error(base::ErrorClass::Unsupported,
                       fmt::format("network {}: the driver \"{}\" is not available", spec.name, spec.driver))
          .with_hint("the bundled engine has bridge, macvlan and ipvlan"));
}

base::Result<> apply_option(NetworkRecord& record, const std::string& key, const std::string& value) {
  std::vector<std::string> known;
  for (const Option& option : kOptions) {
    if (option.driver != record.driver) continue;
    if (key == option.key) return option.apply(record, key, value);
    known.emplace_back(option.key);
  }
  base::Error error = base::make_error(base::ErrorClass::Unsupported,
                                       fmt::format("network {}: the driver {} has no option \"{}\"",
                                                   record.name, to_text(record.driver), key));
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  return base::fail(std::move(error).with_hint("known are " + list));
}

}  // namespace

base::Result<> read_options(NetworkRecord& record, const model::NetworkSpec& spec) {
  record.driver = TRY(parse_driver(spec));
  record.driver_opts = spec.driver_opts;
  record.labels = spec.labels;
  record.internal = spec.internal;
  record.attachable = spec.attachable;
  if (record.driver == Driver::Bridge) record.bridge = "cb-" + record.id.substr(0, kBridgeIdDigits);
  if (!spec.ipam_driver.empty() && spec.ipam_driver != "default") {
    return base::fail(
        base::ErrorClass::Unsupported,
        fmt::format("network {}: the IPAM driver \"{}\" is not available", spec.name, spec.ipam_driver));
  }
  if (!spec.ipam_options.empty()) {
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("network {}: the default IPAM driver has no option \"{}\"", spec.name,
                                  spec.ipam_options.begin()->first));
  }
  for (const auto& [key, value] : spec.driver_opts) {
    TRY_WHILE(apply_option(record, key, value), fmt::format("creating network {}", spec.name));
  }
  const bool needs_parent = record.driver == Driver::Macvlan || record.driver == Driver::Ipvlan;
  if (needs_parent && record.parent.empty()) {
    return base::fail(base::make_error(base::ErrorClass::Invalid,
                                       fmt::format("network {}: the driver {} needs the option parent",
                                                   spec.name, to_text(record.driver)))
                          .with_hint("driver_opts: {parent: eth0}"));
  }
  return {};
}

}  // namespace runtime::network
