// SPDX-License-Identifier: Apache-2.0
#include "compose/load/extra_hosts.h"

#include <fmt/format.h>

#include "base/split.h"

namespace compose::load {

std::vector<std::string> extra_hosts_of(std::string_view name, std::string_view addresses) {
  std::vector<std::string> out;
  for (const std::string& part : base::split(addresses, ',')) {
    std::string_view ip = base::trim(part);
    if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
    out.push_back(fmt::format("{}={}", name, ip));
  }
  return out;
}

std::vector<std::string> parse_extra_hosts(std::string_view text) {
  const char separator = text.find('=') != std::string_view::npos ? '=' : ':';
  const auto [name, addresses] = base::split_once(text, separator);
  if (name.empty() || name.size() == text.size()) return {};
  return extra_hosts_of(name, addresses);
}

}  // namespace compose::load
