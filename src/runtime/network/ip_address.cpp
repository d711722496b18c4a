// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/ip_address.h"

#include <arpa/inet.h>

#include <cstring>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::network {
namespace {

/// `address` with all bits from `prefix` on cleared.
IpAddress masked(IpAddress address, unsigned prefix) {
  for (unsigned bit = prefix; bit < address.bits(); ++bit) {
    address.bytes[bit / 8] = static_cast<std::uint8_t>(address.bytes[bit / 8] & ~(0x80u >> (bit % 8)));
  }
  return address;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool IpAddress::is_loopback() const {
  if (family == IpFamily::V4) return bytes[0] == 127;
  static constexpr std::array<std::uint8_t, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes == kLoopback;
}

bool IpAddress::is_unspecified() const { return bytes == std::array<std::uint8_t, 16>{}; }

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (copy.size() != std::strlen(copy.c_str())) return std::nullopt;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.family = IpFamily::V6;
  address.bytes = {};
  if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string to_text(const IpAddress& address) {
  char buffer[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(address.family == IpFamily::V4 ? AF_INET : AF_INET6, address.bytes.data(), buffer,
              sizeof buffer);
  return buffer;
}

std::optional<IpAddress> advanced(IpAddress address, std::uint64_t count) {
  const unsigned size = address.bits() / 8;
  std::uint64_t carry = count;
  for (unsigned i = size; i-- > 0 && carry != 0;) {
    const std::uint64_t sum = address.bytes[i] + (carry & 0xff);
    address.bytes[i] = static_cast<std::uint8_t>(sum);
    carry = (carry >> 8) + (sum >> 8);
  }
  if (carry != 0) return std::nullopt;
  return address;
}

bool Subnet::contains(const IpAddress& address) const {
  return address.family == base.family && masked(address, prefix) == base;
}

bool Subnet::contains(const Subnet& other) const { return other.prefix >= prefix && contains(other.base); }

IpAddress Subnet::last() const {
  IpAddress address = base;
  for (unsigned bit = prefix; bit < base.bits(); ++bit) {
    address.bytes[bit / 8] = static_cast<std::uint8_t>(address.bytes[bit / 8] | (0x80u >> (bit % 8)));
  }
  return address;
}

base::Result<Subnet> parse_subnet(std::string_view text) {
  const auto [address_text, prefix_text] = base::split_once(text, '/');
  const auto address = parse_ip_address(address_text);
  unsigned prefix = 0;
  bool good = address && !prefix_text.empty() && prefix_text.size() <= 3;
  for (const char c : prefix_text) {
    good = good && c >= '0' && c <= '9';
    prefix = prefix * 10 + static_cast<unsigned>(c - '0');
  }
  if (!good || prefix > address->bits()) {
    return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("invalid subnet \"{}\"", text))
                          .with_hint("write it as address/prefix, for example 172.28.0.0/16"));
  }
  return Subnet{masked(*address, prefix), prefix};
}

std::string to_text(const Subnet& subnet) {
  return fmt::format("{}/{}", to_text(subnet.base), subnet.prefix);
}

std::string make_mac_address(const IpAddress& address) {
  const unsigned at = address.bits() / 8 - 4;
  return fmt::format("02:42:{:02x}:{:02x}:{:02x}:{:02x}", address.bytes[at], address.bytes[at + 1],
                     address.bytes[at + 2], address.bytes[at + 3]);
}

std::optional<std::array<std::uint8_t, 6>> parse_mac_address(std::string_view text) {
  constexpr std::size_t kLength = 17;
  std::array<std::uint8_t, 6> mac{};
  if (text.size() != kLength) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const int high = hex_digit(text[i * 3]), low = hex_digit(text[i * 3 + 1]);
    const bool separated = i + 1 == mac.size() || text[i * 3 + 2] == ':' || text[i * 3 + 2] == '-';
    if (high < 0 || low < 0 || !separated) return std::nullopt;
    mac[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return mac;
}

}  // namespace runtime::network
