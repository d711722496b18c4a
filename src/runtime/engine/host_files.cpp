// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/host_files.h"

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::engine {
namespace {

constexpr const char* kLocalHosts =
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::\tip6-localnet\n"
    "ff00::\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n";

std::string own_names(const model::ContainerSpec& spec) {
  if (spec.domainname.empty()) return spec.hostname;
  return fmt::format("{0}.{1} {0}", spec.hostname, spec.domainname);
}

}  // namespace

base::Result<std::string> make_hosts_text(const model::ContainerSpec& spec,
                                          const std::vector<EndpointLease>& leases,
                                          const std::string& gateway) {
  std::string text = kLocalHosts;
  for (const std::string& entry : spec.extra_hosts) {
    const auto at = entry.find_first_of("=:");
    const std::string name = entry.substr(0, at);
    std::string address = at == std::string::npos ? std::string() : entry.substr(at + 1);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (address == "host-gateway") address = gateway;
    if (name.empty() || address.empty() || entry.find_first_of(" \t\r\n") != std::string::npos) {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("invalid extra host \"{}\"", entry))
              .with_hint("write it as name=address"));
    }
    text += fmt::format("{}\t{}\n", address, name);
  }
  for (const EndpointLease& lease : leases) {
    if (!lease.ipv4_address.empty()) text += fmt::format("{}\t{}\n", lease.ipv4_address, own_names(spec));
    if (!lease.ipv6_address.empty()) text += fmt::format("{}\t{}\n", lease.ipv6_address, own_names(spec));
  }
  return text;
}

std::vector<std::string> resolv_conf_values(const std::string& text, const std::string& keyword) {
  std::vector<std::string> values;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trim(line);
    if (!trimmed.starts_with(keyword)) continue;
    const std::string_view rest = trimmed.substr(keyword.size());
    if (rest.empty() || (rest.front() != ' ' && rest.front() != '\t')) continue;
    for (const std::string& word : base::split(base::trim(rest), ' ')) {
      if (!base::trim(word).empty()) values.emplace_back(base::trim(word));
    }
  }
  return values;
}

std::string make_resolv_conf_text(const model::ContainerSpec& spec, const std::string& host_text,
                                  bool own_resolver) {
  const auto or_else = [](const std::vector<std::string>& first, std::vector<std::string> second) {
    return first.empty() ? second : first;
  };
  std::vector<std::string> servers = or_else(spec.dns, resolv_conf_values(host_text, "nameserver"));
  std::vector<std::string> options = or_else(spec.dns_options, resolv_conf_values(host_text, "options"));
  const auto search = or_else(spec.dns_search, resolv_conf_values(host_text, "search"));
  if (own_resolver) {
    servers = {"127.0.0.11"};
    bool has_ndots = false;
    for (const std::string& option : options) has_ndots = has_ndots || option.starts_with("ndots:");
    if (!has_ndots) options.push_back("ndots:0");
  }
  std::string text;
  for (const std::string& server : servers) text += fmt::format("nameserver {}\n", server);
  const bool no_search = search.size() == 1 && search.front() == ".";
  if (!search.empty() && !no_search) text += fmt::format("search {}\n", base::join(search, " "));
  if (!options.empty()) text += fmt::format("options {}\n", base::join(options, " "));
  return text;
}

}  // namespace runtime::engine
