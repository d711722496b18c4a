// SPDX-License-Identifier: Apache-2.0
#include "compose/load/short_ports.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"

namespace compose::load {
namespace {

using base::ErrorClass;

struct Range {
  unsigned first = 0, last = 0;
  unsigned count() const { return last - first + 1; }
};

base::Result<unsigned> parse_port_number(std::string_view text, std::string_view what, unsigned least) {
  unsigned long value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = !text.empty() && parsed.ptr == text.data() + text.size();
  if (!is_number) {
    return base::fail(
        base::make_error(ErrorClass::Invalid, fmt::format("{} port \"{}\" is not a number", what, text))
            .with_hint("write [[ip:]host:]container[/protocol], such as 8080:80"));
  }
  if (parsed.ec != std::errc{} || value < least || value > 65535) {
    return base::fail(ErrorClass::Invalid,
                      fmt::format("{} port {} is out of range ({}-65535)", what, text, least));
  }
  return static_cast<unsigned>(value);
}

base::Result<Range> parse_range(std::string_view text, std::string_view what, unsigned least) {
  const auto [first, last] = base::split_once(text, '-');
  Range range;
  range.first = range.last = TRY(parse_port_number(first, what, least));
  if (first.size() < text.size()) range.last = TRY(parse_port_number(last, what, least));
  if (range.last < range.first) {
    return base::fail(base::make_error(ErrorClass::Invalid,
                                       fmt::format("{} port range {} ends before it begins", what, text))
                          .with_hint(fmt::format("write {}-{}", last, first)));
  }
  return range;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const auto dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    unsigned value = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || parsed.ptr != part.data() + part.size() || value > 255)
      return false;
    if (part.size() > 1 && part[0] == '0') return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

/// Number of 16-bit groups in a run such as "fe80:1"; -1 when malformed. A last part may be IPv4.
int count_groups(std::string_view text) {
  if (text.empty()) return 0;
  int groups = 0;
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  const std::vector<std::string> parts = base::split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i + 1 == parts.size() && is_ipv4(parts[i])) return groups + 2;
    if (parts[i].empty() || parts[i].size() > 4 || !std::ranges::all_of(parts[i], is_hex)) return -1;
    ++groups;
  }
  return groups;
}

bool is_ipv6(std::string_view text) {
  if (const auto zone = text.find('%'); zone != std::string_view::npos) {
    if (zone + 1 == text.size()) return false;
    text = text.substr(0, zone);
  }
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text) == 8;
  const int before = count_groups(text.substr(0, gap)), after = count_groups(text.substr(gap + 2));
  return before >= 0 && after >= 0 && before + after <= 7;
}

}  // namespace

bool is_ip_address(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

base::Result<std::vector<ShortPort>> parse_short_port(std::string_view text) {
  constexpr std::array<std::string_view, 3> kProtocols = {"tcp", "udp", "sctp"};
  const auto [address, protocol_text] = base::split_once(text, '/');
  const std::string protocol = address.size() < text.size() ? base::to_lower(protocol_text) : "tcp";
  if (std::ranges::find(kProtocols, protocol) == kProtocols.end()) {
    return base::fail(base::make_error(ErrorClass::Invalid, fmt::format("unknown protocol \"{}\"", protocol))
                          .with_hint("use tcp, udp or sctp"));
  }
  const auto last_colon = address.rfind(':');
  const std::string_view container = address.substr(last_colon + 1);  // npos + 1 is 0
  std::string_view host = last_colon == std::string_view::npos ? "" : address.substr(0, last_colon);
  std::string_view ip;
  if (const auto colon = host.rfind(':'); colon != std::string_view::npos) {
    ip = host.substr(0, colon);
    host = host.substr(colon + 1);
  }
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  if (!ip.empty() && !is_ip_address(ip)) {
    return base::fail(base::make_error(ErrorClass::Invalid, fmt::format("invalid IP address \"{}\"", ip))
                          .with_hint("write an address such as 127.0.0.1 or [::1]; names are not looked up"));
  }
  if (container.empty()) {
    return base::fail(base::make_error(ErrorClass::Invalid, "no container port given")
                          .with_hint("write [[ip:]host:]container[/protocol], such as 8080:80"));
  }
  const Range target = TRY(parse_range(container, "container", 1));
  Range published;
  if (!host.empty()) published = TRY(parse_range(host, "host", 0));
  const bool pairwise = host.empty() || published.count() == target.count();
  if (!pairwise && target.count() != 1) {
    return base::fail(
        base::make_error(
            ErrorClass::Invalid,
            fmt::format("the host range {} and the container range {} differ in length", host, container))
            .with_hint("give both as many ports, or only one container port"));
  }
  std::vector<ShortPort> ports;
  for (unsigned i = 0; i < target.count(); ++i) {
    ShortPort port{.host_ip = std::string(ip), .published = {}, .protocol = protocol};
    port.target = static_cast<std::uint16_t>(target.first + i);
    if (!host.empty()) {
      port.published = pairwise ? std::to_string(published.first + i)
                                : fmt::format("{}-{}", published.first, published.last);
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace compose::load
