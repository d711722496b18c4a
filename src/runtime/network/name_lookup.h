// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/network/dns_message.h"
#include "runtime/network/resolver.h"

namespace runtime::network {

/// Answers from the name records of a container's networks: "web", "web.<network>", and addresses back
/// to "<container>.<network>". Several addresses come in random order. Nothing when the name is not one
/// of ours; an empty list when it is, but has no record of the asked type.
std::optional<std::vector<DnsAnswer>> look_up(const std::vector<NameSource>& sources, const DnsQuery& query);

}  // namespace runtime::network
