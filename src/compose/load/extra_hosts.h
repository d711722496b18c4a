// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace compose::load {

/// The addresses (with commas between, one of version 6 maybe in brackets) of a host as "name=address", each.
std::vector<std::string> extra_hosts_of(std::string_view name, std::string_view addresses);

/// The same for "name=addresses" or "name:addresses"; empty when the text has no address.
/// compose-spec: services.*.extra_hosts, short form.
std::vector<std::string> parse_extra_hosts(std::string_view text);

}  // namespace compose::load
