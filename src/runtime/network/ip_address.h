// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace runtime::network {

enum class IpFamily : std::uint8_t { V4, V6 };

/// One IPv4 or IPv6 address, in network byte order.
struct IpAddress {
  IpFamily family = IpFamily::V4;
  std::array<std::uint8_t, 16> bytes{};  ///< IPv4 uses the first four, the others are zero.

  unsigned bits() const { return family == IpFamily::V4 ? 32 : 128; }
  std::string_view data() const {
    return {reinterpret_cast<const char*>(bytes.data()), family == IpFamily::V4 ? 4u : 16u};
  }
  bool is_loopback() const;
  bool is_unspecified() const;
  auto operator<=>(const IpAddress&) const = default;
};

/// "10.0.0.1" or "fd00::1", without prefix, port, zone or blanks; nothing otherwise.
std::optional<IpAddress> parse_ip_address(std::string_view text);
/// Shortest usual form, RFC 5952 for IPv6.
std::string to_text(const IpAddress& address);
/// The address `count` after this one; nothing past the last of its family.
std::optional<IpAddress> advanced(IpAddress address, std::uint64_t count);

/// A range of addresses with a common prefix; `base` has no bits beyond it.
struct Subnet {
  IpAddress base;
  unsigned prefix = 0;

  bool contains(const IpAddress& address) const;
  bool contains(const Subnet& other) const;
  bool overlaps(const Subnet& other) const { return contains(other.base) || other.contains(base); }
  /// All bits beyond the prefix set.
  IpAddress last() const;
  auto operator<=>(const Subnet&) const = default;
};

/// "10.1.2.3/16" is 10.1.0.0/16. Invalid: no prefix, prefix too long, or no address.
base::Result<Subnet> parse_subnet(std::string_view text);
std::string to_text(const Subnet& subnet);

/// Locally administered MAC of an endpoint, the same for the same address: "02:42:ac:12:00:02".
std::string make_mac_address(const IpAddress& address);
/// Six bytes of "02:42:ac:12:00:02" (or with '-'); nothing otherwise.
std::optional<std::array<std::uint8_t, 6>> parse_mac_address(std::string_view text);

}  // namespace runtime::network
