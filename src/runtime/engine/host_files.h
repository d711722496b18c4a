// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "runtime/engine/container_record.h"

namespace runtime::engine {

/// The container's /etc/hosts: localhost, `extra_hosts`, and its own name at its addresses.
/// `gateway` stands for "host-gateway". Invalid: an extra host without an address.
base::Result<std::string> make_hosts_text(const model::ContainerSpec& spec,
                                          const std::vector<EndpointLease>& leases,
                                          const std::string& gateway);

/// The container's /etc/resolv.conf. On a network of ours the resolver is 127.0.0.11; else the host's
/// file, with what `dns`, `dns_search` and `dns_opt` replace. man 5 resolv.conf
std::string make_resolv_conf_text(const model::ContainerSpec& spec, const std::string& host_text,
                                  bool own_resolver);

/// The value of one keyword in a resolv.conf, every occurrence, in order: "nameserver", "search".
std::vector<std::string> resolv_conf_values(const std::string& text, const std::string& keyword);

}  // namespace runtime::engine
