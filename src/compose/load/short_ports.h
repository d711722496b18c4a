// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace compose::load {

/// compose-spec: services.*.ports, one entry of the short form after ranges are spread out.
struct ShortPort {
  std::string host_ip;
  std::string published;  ///< "", "8080", or "8000-9000" to choose from.
  std::uint16_t target = 0;
  std::string protocol = "tcp";
};

/// "[[ip:]host[-end]:]container[-end][/protocol]". A container range gives one entry a port.
base::Result<std::vector<ShortPort>> parse_short_port(std::string_view text);

/// An IPv4 or IPv6 address, by its text.
bool is_ip_address(std::string_view text);

}  // namespace compose::load
