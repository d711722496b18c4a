// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/exposed_ports.h"

#include <charconv>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::build {
namespace {

base::Result<std::uint32_t> parse_port(std::string_view text, std::string_view whole) {
  std::uint32_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    return base::fail(
        base::ErrorClass::Invalid,
        fmt::format("EXPOSE: '{}' is no port (1-65535, or a range 8000-8010, with /tcp, /udp or /sctp)",
                    whole));
  }
  return port;
}

}  // namespace

base::Result<std::vector<std::string>> parse_exposed_ports(std::string_view text) {
  auto [ports, protocol_text] = base::split_once(text, '/');
  const std::string protocol = protocol_text.empty() ? "tcp" : base::to_lower(protocol_text);
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("EXPOSE: '{}': a port is tcp, udp or sctp", text));
  }
  // "8080:80" names a host port, which an image cannot: only the container's counts.
  const auto colon = ports.find_last_of(':');
  if (colon != std::string_view::npos) ports.remove_prefix(colon + 1);
  const auto [first_text, last_text] = base::split_once(ports, '-');
  const std::uint32_t first = TRY(parse_port(first_text, text));
  const std::uint32_t last = last_text.empty() ? first : TRY(parse_port(last_text, text));
  if (last < first) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("EXPOSE: the range '{}' ends before it starts", text));
  }
  std::vector<std::string> out;
  for (std::uint32_t port = first; port <= last; ++port) out.push_back(fmt::format("{}/{}", port, protocol));
  return out;
}

}  // namespace runtime::build
