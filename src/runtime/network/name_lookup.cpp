// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/name_lookup.h"

#include <algorithm>

#include "base/split.h"
#include "runtime/network/name_record.h"
#include "sys/random.h"

namespace runtime::network {
namespace {

void add_unique(std::vector<IpAddress>& addresses, const std::optional<IpAddress>& address) {
  if (!address || std::find(addresses.begin(), addresses.end(), *address) != addresses.end()) return;
  addresses.push_back(*address);
}

void shuffle(std::vector<IpAddress>& addresses) {
  std::uint64_t random = sys::random_number();
  for (std::size_t i = addresses.size(); i > 1; --i) {
    std::swap(addresses[i - 1], addresses[random % i]);
    random = random * 6364136223846793005ull + 1442695040888963407ull;
  }
}

std::optional<std::vector<DnsAnswer>> look_up_name(const std::vector<NameSource>& sources,
                                                   const DnsQuery& query) {
  std::vector<IpAddress> ipv4, ipv6;
  bool known = false;
  for (const NameSource& source : sources) {
    std::string qualified = "." + base::to_lower(source.network_name);
    const std::string_view short_name =
        query.name.ends_with(qualified)
            ? std::string_view(query.name).substr(0, query.name.size() - qualified.size())
            : std::string_view();
    each_name_record(source.directory, [&](const NameRecord& record) {
      for (const std::string& name : record.names) {
        if (name != query.name && (short_name.empty() || name != short_name)) continue;
        known = true;
        add_unique(ipv4, record.ipv4);
        add_unique(ipv6, record.ipv6);
      }
      return true;
    });
  }
  if (!known) return std::nullopt;
  std::vector<DnsAnswer> answers;
  const bool any = query.type == kDnsTypeAny;
  for (std::vector<IpAddress>* list : {&ipv4, &ipv6}) {
    const bool wanted = any || query.type == (list == &ipv4 ? kDnsTypeA : kDnsTypeAaaa);
    if (!wanted) continue;
    shuffle(*list);
    for (const IpAddress& address : *list) answers.push_back(make_address_answer(address));
  }
  return answers;
}

std::optional<std::vector<DnsAnswer>> look_up_address(const std::vector<NameSource>& sources,
                                                      const IpAddress& address) {
  std::optional<std::vector<DnsAnswer>> answers;
  for (const NameSource& source : sources) {
    each_name_record(source.directory, [&](const NameRecord& record) {
      const bool here = record.ipv4 == address || record.ipv6 == address;
      if (!here || record.names.empty()) return true;
      answers.emplace();
      if (auto name = make_name_answer(record.names.front() + "." + source.network_name)) {
        answers->push_back(std::move(*name));
      }
      return false;
    });
    if (answers) break;
  }
  return answers;
}

}  // namespace

std::optional<std::vector<DnsAnswer>> look_up(const std::vector<NameSource>& sources, const DnsQuery& query) {
  if (query.opcode != 0 || query.dns_class != kDnsClassInternet || query.name.empty()) return std::nullopt;
  if (query.type == kDnsTypePtr) {
    const auto address = parse_reverse_name(query.name);
    return address ? look_up_address(sources, *address) : std::nullopt;
  }
  return look_up_name(sources, query);
}

}  // namespace runtime::network
