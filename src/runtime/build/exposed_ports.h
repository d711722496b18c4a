// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::build {

/// EXPOSE's "80", "80/udp", "8000-8010/tcp" as "80/tcp" each. Invalid: no number, out of range, a protocol
/// other than tcp, udp and sctp.
base::Result<std::vector<std::string>> parse_exposed_ports(std::string_view text);

}  // namespace runtime::build
